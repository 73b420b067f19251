package main

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

const resync = time.Second

// side is one way to the cluster: its caches, and every version of every object that its handlers were told of.
type side struct {
	name      string
	config    *rest.Config
	wire      *wire
	informers map[schema.GroupVersionResource]cache.SharedIndexInformer
	resyncs   atomic.Int64

	lock    sync.Mutex
	history map[string][]string
}

func openSide(name, kubeconfig string, o options) (*side, error) {
	seen := newWire()
	config, err := configOf(kubeconfig, o, seen)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &side{
		name: name, config: config, wire: seen,
		informers: map[schema.GroupVersionResource]cache.SharedIndexInformer{},
		history:   map[string][]string{},
	}, nil
}

// watchable lists what can be listed and watched, by the preferred versions.
func watchable(config *rest.Config, skip string) ([]schema.GroupVersionResource, error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	lists, err := client.ServerPreferredResources()
	if err != nil {
		return nil, err
	}
	both := discovery.SupportsAllVerbs{Verbs: []string{"list", "watch"}}
	var found []schema.GroupVersionResource
	for _, list := range discovery.FilteredBy(both, lists) {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, resource := range list.APIResources {
			if !strings.Contains(","+skip+",", ","+resource.Name+",") {
				found = append(found, version.WithResource(resource.Name))
			}
		}
	}
	return found, nil
}

// follow starts an informer for every resource that this kind of client knows.
func (s *side) follow(resources []schema.GroupVersionResource, o options, stop <-chan struct{}) error {
	informerOf, err := informerMaker(s.config, o.kind)
	if err != nil {
		return err
	}
	for _, resource := range resources {
		informer := informerOf(resource)
		if informer == nil {
			continue
		}
		if _, err := informer.AddEventHandler(s.handler(resource)); err != nil {
			return err
		}
		s.informers[resource] = informer
	}
	for _, informer := range s.informers {
		go informer.Run(stop)
	}
	return nil
}

func informerMaker(config *rest.Config, kind string) (func(schema.GroupVersionResource) cache.SharedIndexInformer, error) {
	switch kind {
	case "typed":
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		factory := informers.NewSharedInformerFactory(client, resync)
		return func(resource schema.GroupVersionResource) cache.SharedIndexInformer {
			generic, err := factory.ForResource(resource)
			if err != nil {
				// Not a type of client-go, such as one of an aggregated API.
				return nil
			}
			return generic.Informer()
		}, nil
	case "dynamic":
		client, err := dynamic.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		factory := dynamicinformer.NewDynamicSharedInformerFactory(client, resync)
		return func(resource schema.GroupVersionResource) cache.SharedIndexInformer {
			return factory.ForResource(resource).Informer()
		}, nil
	case "metadata":
		client, err := metadata.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		factory := metadatainformer.NewSharedInformerFactory(client, resync)
		return func(resource schema.GroupVersionResource) cache.SharedIndexInformer {
			return factory.ForResource(resource).Informer()
		}, nil
	}
	return nil, fmt.Errorf("no informers %q", kind)
}

func (s *side) handler(resource schema.GroupVersionResource) cache.ResourceEventHandler {
	note := func(event string, object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			event, object = "missed-"+event, gone.Obj
		}
		accessor, err := meta.Accessor(object)
		if err != nil {
			return
		}
		key := resource.Resource + " " + accessor.GetNamespace() + "/" + accessor.GetName()
		s.lock.Lock()
		defer s.lock.Unlock()
		s.history[key] = append(s.history[key], event+" "+accessor.GetResourceVersion())
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { note("add", object) },
		DeleteFunc: func(object any) { note("delete", object) },
		UpdateFunc: func(before, after any) {
			was, _ := meta.Accessor(before)
			is, _ := meta.Accessor(after)
			if was.GetResourceVersion() == is.GetResourceVersion() {
				s.resyncs.Add(1)
				return
			}
			note("update", after)
		},
	}
}

func (s *side) synced(timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for {
		missing := []string{}
		for resource, informer := range s.informers {
			if !informer.HasSynced() {
				missing = append(missing, resource.Resource)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: no whole list of %v; %v", s.name, missing, s.wire.counts())
		}
		time.Sleep(20 * time.Millisecond)
	}
}
