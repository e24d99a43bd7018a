// Owns the precompiled header of the test programs; nothing else is in it.
