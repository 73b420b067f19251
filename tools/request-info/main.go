// Command request-info classifies request targets with k8s.io/apiserver's own resolver, so that a test can
// compare ours with it.
//
// It reads one JSON object {"method", "target"} a line and writes one JSON object a line, in the same order:
// the fields of RequestInfo, or {"error"} for what net/http or the resolver refuses.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime/debug"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"
)

const maxLine = 1 << 20

type question struct {
	Method string `json:"method"`
	Target string `json:"target"`
}

type answer struct {
	Error         string   `json:"error,omitempty"`
	IsResource    bool     `json:"isResource"`
	Path          string   `json:"path"`
	Verb          string   `json:"verb"`
	APIPrefix     string   `json:"apiPrefix"`
	APIGroup      string   `json:"apiGroup"`
	APIVersion    string   `json:"apiVersion"`
	Namespace     string   `json:"namespace"`
	Resource      string   `json:"resource"`
	Subresource   string   `json:"subresource"`
	Name          string   `json:"name"`
	Parts         []string `json:"parts"`
	FieldSelector string   `json:"fieldSelector"`
	LabelSelector string   `json:"labelSelector"`
}

// As k8s.io/apiserver/pkg/server configures it.
var resolver = &request.RequestInfoFactory{
	APIPrefixes:          sets.NewString("api", "apis"),
	GrouplessAPIPrefixes: sets.NewString("api"),
}

func main() {
	version := flag.Bool("version", false, "print the version of k8s.io/apiserver and exit")
	flag.Parse()
	if *version {
		fmt.Println(apiserverVersion())
		return
	}
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(make([]byte, 0, maxLine), maxLine)
	for scanner.Scan() {
		var asked question
		if err := json.Unmarshal(scanner.Bytes(), &asked); err != nil {
			log.Fatalf("not a question: %v", err)
		}
		if err := encoder.Encode(classify(asked)); err != nil {
			log.Fatal(err)
		}
	}
	if err := scanner.Err(); err != nil {
		log.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

// classify reads the target from the wire as net/http's server does.
func classify(asked question) answer {
	head := asked.Method + " " + asked.Target + " HTTP/1.1\r\nHost: cluster\r\n\r\n"
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
	if err != nil {
		return answer{Error: err.Error()}
	}
	info, err := resolver.NewRequestInfo(req)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{
		IsResource: info.IsResourceRequest, Path: info.Path, Verb: info.Verb,
		APIPrefix: info.APIPrefix, APIGroup: info.APIGroup, APIVersion: info.APIVersion,
		Namespace: info.Namespace, Resource: info.Resource, Subresource: info.Subresource,
		Name: info.Name, Parts: info.Parts,
		FieldSelector: info.FieldSelector, LabelSelector: info.LabelSelector,
	}
}

func apiserverVersion() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, module := range build.Deps {
		if module.Path == "k8s.io/apiserver" {
			return module.Version
		}
	}
	return "unknown"
}
