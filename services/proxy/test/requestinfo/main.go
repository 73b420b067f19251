// Command requestinfo prints what kube-apiserver's own RequestInfoFactory makes of every "METHOD target"
// line it reads: the golden answers that parseKubeRequest is held to. It regenerates them with
//
//	cut -f1,2 golden.tsv | tr '\t' ' ' | go run . > golden.new && mv golden.new golden.tsv
//
// One line per request: method, target, and "error", "nonResource" and its verb, or the attributes.
package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/klog/v2"
)

var factory = &request.RequestInfoFactory{
	APIPrefixes:          sets.NewString("api", "apis"),
	GrouplessAPIPrefixes: sets.NewString("api"),
}

func main() {
	klog.LogToStderr(false)
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		method, target, _ := strings.Cut(lines.Text(), " ")
		fmt.Println(strings.Join(append([]string{method, target}, classify(method, target)...), "\t"))
	}
}

func classify(method, target string) []string {
	parsed, err := url.ParseRequestURI(target)
	if err != nil {
		return []string{"error"}
	}
	info, err := factory.NewRequestInfo(&http.Request{Method: method, URL: parsed})
	if err != nil {
		return []string{"error"}
	}
	if !info.IsResourceRequest {
		return []string{"nonResource", info.Verb}
	}
	return []string{
		info.Verb, info.APIPrefix, info.APIGroup, info.APIVersion, info.Namespace, info.Resource,
		info.Subresource, info.Name, strings.Join(info.Parts, "/"), info.FieldSelector, info.LabelSelector,
	}
}
