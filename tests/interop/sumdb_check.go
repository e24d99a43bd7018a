// Reads an exported log with Go's own packages for transparency logs (golang.org/x/mod/sumdb: note, tlog), which know nothing of ours:
// the signature of the checkpoint, the root over the tiles, the hash of every entry, and proofs for each receipt.
//
//	sumdb_check VKEY DIR [OLDER_CHECKPOINT CONSISTENCY_PATH]      the path: one base64 hash a line
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error, what string) {
	if err != nil {
		log.Fatalf("%s: %v", what, err)
	}
}

func hash(line string) (h tlog.Hash) {
	raw, err := base64.StdEncoding.DecodeString(line)
	must(err, line)
	if copy(h[:], raw) != len(h) || len(raw) != len(h) {
		log.Fatalf("%q is no hash", line)
	}
	return h
}

func tree(verifiers note.Verifiers, bytes []byte) tlog.Tree {
	opened, err := note.Open(bytes, verifiers)
	must(err, "note")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != opened.Sigs[0].Name {
		log.Fatalf("no checkpoint: %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "size")
	return tlog.Tree{N: size, Hash: hash(lines[2])}
}

type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range tiles {
		bytes, err := os.ReadFile(filepath.Join(string(f), "tile", strings.TrimPrefix(t.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		all = append(all, bytes)
	}
	return all, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) entries(size int64) (all [][]byte) {
	for n := int64(0); n*256 < size; n++ {
		width := 256
		if rest := size - n*256; rest < 256 {
			width = int(rest)
		}
		path := strings.TrimPrefix(tlog.Tile{H: 8, L: 0, N: n, W: width}.Path(), "tile/8/0/")
		bundle, err := os.ReadFile(filepath.Join(string(f), "tile", "entries", path))
		must(err, "entries")
		for len(bundle) > 0 {
			length := int(binary.BigEndian.Uint16(bundle))
			all = append(all, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
	}
	return all
}

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	must(err, "vkey")
	verifiers := note.VerifierList(verifier)
	dir := folder(os.Args[2])
	bytes, err := os.ReadFile(filepath.Join(string(dir), "checkpoint"))
	must(err, "checkpoint")
	now := tree(verifiers, bytes)
	reader := tlog.TileHashReader(now, dir)
	entries := dir.entries(now.N)
	if int64(len(entries)) != now.N {
		log.Fatalf("%d entries in a log of %d", len(entries), now.N)
	}
	for i, entry := range entries {
		proof, err := tlog.ProveRecord(now.N, int64(i), reader)
		must(err, "prove")
		must(tlog.CheckRecord(proof, now.N, now.Hash, int64(i), tlog.RecordHash(entry)), "check")
	}
	fmt.Println("entries", len(entries))
	if len(os.Args) > 4 {
		older, err := os.ReadFile(os.Args[3])
		must(err, "older")
		before := tree(verifiers, older)
		lines, err := os.ReadFile(os.Args[4])
		must(err, "path")
		var path tlog.TreeProof
		for _, line := range strings.Fields(string(lines)) {
			path = append(path, hash(line))
		}
		must(tlog.CheckTree(path, now.N, now.Hash, before.N, before.Hash), "our consistency proof")
		own, err := tlog.ProveTree(now.N, before.N, reader)
		must(err, "prove tree")
		if fmt.Sprint(own) != fmt.Sprint(path) {
			log.Fatal("our consistency proof is another one")
		}
		fmt.Println("consistent", before.N, now.N)
	}
}
