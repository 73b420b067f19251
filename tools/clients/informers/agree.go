package main

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

type agreement struct{ objects, versions int }

// agree waits until both sides hold the same objects, and then compares how the changed ones got there.
func agree(direct, gateway *side, namespace string, timeout time.Duration) (agreement, error) {
	deadline := time.Now().Add(timeout)
	for {
		objects, difference := compareCaches(direct, gateway)
		if difference == "" {
			versions, told := compareHistories(direct, gateway, namespace)
			if told == "" && gateway.resyncs.Load() > 0 {
				return agreement{objects, versions}, nil
			}
			difference = cmp.Or(told, "nothing was handed out again by a resync")
		}
		if time.Now().After(deadline) {
			return agreement{}, fmt.Errorf("direct and gateway differ: %s", difference)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func compareCaches(direct, gateway *side) (int, string) {
	objects := 0
	for resource := range direct.informers {
		if gateway.informers[resource] == nil {
			return 0, fmt.Sprintf("%s is followed directly only", resource.Resource)
		}
		difference := compareCache(direct, gateway, resource)
		if difference != "" {
			return 0, difference
		}
		objects += len(direct.informers[resource].GetStore().ListKeys())
	}
	return objects, ""
}

func compareCache(direct, gateway *side, resource schema.GroupVersionResource) string {
	ours, theirs := gateway.informers[resource].GetStore(), direct.informers[resource].GetStore()
	keys, others := theirs.ListKeys(), ours.ListKeys()
	slices.Sort(keys)
	slices.Sort(others)
	if !slices.Equal(keys, others) {
		return fmt.Sprintf("%s: %v and %v", resource.Resource, keys, others)
	}
	for _, key := range keys {
		one, _, _ := theirs.GetByKey(key)
		other, _, _ := ours.GetByKey(key)
		if !reflect.DeepEqual(one, other) {
			return fmt.Sprintf("%s %s: %v and %v", resource.Resource, key, one, other)
		}
	}
	return ""
}

func compareHistories(direct, gateway *side, namespace string) (int, string) {
	direct.lock.Lock()
	defer direct.lock.Unlock()
	gateway.lock.Lock()
	defer gateway.lock.Unlock()
	versions := 0
	for key, history := range direct.history {
		if !strings.Contains(key, " "+namespace+"/") {
			continue
		}
		if !slices.Equal(history, gateway.history[key]) {
			return 0, fmt.Sprintf("%s: %v and %v", key, history, gateway.history[key])
		}
		versions += len(history)
	}
	return versions, ""
}
