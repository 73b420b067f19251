// Command informers keeps caches of everything a cluster lists and watches, as k9s and controllers do, twice at
// the same time: directly and through a gateway. While objects change it compares what both saw: the same caches,
// and for every object the same versions in the same order.
//
// It prints what went over the wire as JSON, and exits with 1 when the two differ.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

type options struct {
	direct, gateway string
	namespace       string
	kind            string
	contentType     string
	http1           bool
	changes         int
	skip            string
	timeout         time.Duration
}

// result is what the program prints.
type result struct {
	Resources int            `json:"resources"`
	Objects   int            `json:"objects"`
	Changes   int            `json:"changes"`
	Versions  int            `json:"versions"`
	Resyncs   int64          `json:"resyncs"`
	Gateway   map[string]int `json:"gateway"`
	Direct    map[string]int `json:"direct"`
}

func main() {
	log.SetFlags(0)
	klog.LogToStderr(true)
	var o options
	version := flag.Bool("version", false, "print the version of k8s.io/client-go and exit")
	flag.StringVar(&o.direct, "direct", "", "kubeconfig of the cluster")
	flag.StringVar(&o.gateway, "gateway", "", "kubeconfig of the gateway")
	flag.StringVar(&o.namespace, "namespace", "", "namespace in which objects are changed; it exists")
	flag.StringVar(&o.kind, "informers", "typed", "typed, dynamic or metadata")
	flag.StringVar(&o.contentType, "content-type", "", "media type to ask for; the client's own choice without it")
	flag.BoolVar(&o.http1, "http1", false, "HTTP/1.1 instead of HTTP/2")
	flag.IntVar(&o.changes, "changes", 120, "how many changes are made")
	flag.StringVar(&o.skip, "skip", "", "resources left out, separated by commas")
	flag.DurationVar(&o.timeout, "timeout", time.Minute, "how long the two may take to agree")
	flag.Parse()
	if *version {
		fmt.Println(clientVersion())
		return
	}
	told, err := run(o)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		log.Fatal(err)
	}
}

func run(o options) (*result, error) {
	direct, err := openSide("direct", o.direct, o)
	if err != nil {
		return nil, err
	}
	gateway, err := openSide("gateway", o.gateway, o)
	if err != nil {
		return nil, err
	}
	resources, err := watchable(gateway.config, o.skip)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	stop := make(chan struct{})
	defer close(stop)
	for _, each := range []*side{direct, gateway} {
		if err := each.follow(resources, o, stop); err != nil {
			return nil, err
		}
	}
	// Both know everything before anything changes, so both see every version from here on.
	for _, each := range []*side{direct, gateway} {
		if err := each.synced(o.timeout); err != nil {
			return nil, err
		}
	}
	changed, err := change(direct.config, gateway.config, o)
	if err != nil {
		return nil, err
	}
	agreed, err := agree(direct, gateway, o.namespace, o.timeout)
	if err != nil {
		return nil, err
	}
	return &result{
		Resources: len(direct.informers), Objects: agreed.objects, Changes: changed, Versions: agreed.versions,
		Resyncs: gateway.resyncs.Load(), Gateway: gateway.wire.counts(), Direct: direct.wire.counts(),
	}, nil
}

func configOf(path string, o options, seen *wire) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 500, 1000
	if o.contentType != "" {
		config.ContentType = o.contentType
		config.AcceptContentTypes = o.contentType + ",application/json"
	}
	if o.http1 {
		config.TLSClientConfig.NextProtos = []string{"http/1.1"}
	}
	config.Wrap(seen.wrap)
	return config, nil
}

func clientVersion() string {
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == "k8s.io/client-go" {
			return module.Version
		}
	}
	return "unknown"
}
