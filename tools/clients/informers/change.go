package main

import (
	"context"
	"fmt"
	"strings"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// change makes, changes and deletes objects, by turns directly and through the gateway.
func change(direct, gateway *rest.Config, o options) (int, error) {
	clients := make([]*kubernetes.Clientset, 2)
	for index, config := range []*rest.Config{direct, gateway} {
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			return 0, err
		}
		clients[index] = client
	}
	steps := []func(context.Context, *kubernetes.Clientset, string, string) error{
		createMap, updateMap, createDeployment, patchMap, scaleDeployment, deleteMap,
	}
	ctx := context.Background()
	for turn := range o.changes {
		name := fmt.Sprintf("changing-%d", turn/len(steps))
		client := clients[turn%2]
		if turn%len(steps) == 0 {
			// Otherwise one kind of change would always go the same way.
			clients[0], clients[1] = clients[1], clients[0]
		}
		if err := steps[turn%len(steps)](ctx, client, o.namespace, name); err != nil {
			return turn, fmt.Errorf("change %d of %s: %w", turn, name, err)
		}
	}
	return o.changes, nil
}

func createMap(ctx context.Context, client *kubernetes.Clientset, namespace, name string) error {
	object := &core.ConfigMap{
		ObjectMeta: meta.ObjectMeta{Name: name},
		Data:       map[string]string{"text": strings.Repeat("wörter ", 200)},
		BinaryData: map[string][]byte{"bytes": {0, 1, 2, 0xff}},
	}
	_, err := client.CoreV1().ConfigMaps(namespace).Create(ctx, object, meta.CreateOptions{})
	return err
}

func updateMap(ctx context.Context, client *kubernetes.Clientset, namespace, name string) error {
	object, err := client.CoreV1().ConfigMaps(namespace).Get(ctx, name, meta.GetOptions{})
	if err != nil {
		return err
	}
	object.Data["updated"] = "yes"
	_, err = client.CoreV1().ConfigMaps(namespace).Update(ctx, object, meta.UpdateOptions{})
	return err
}

func patchMap(ctx context.Context, client *kubernetes.Clientset, namespace, name string) error {
	patch := []byte(`{"metadata":{"labels":{"patched":"yes"}}}`)
	_, err := client.CoreV1().ConfigMaps(namespace).Patch(ctx, name, types.MergePatchType, patch, meta.PatchOptions{})
	return err
}

func deleteMap(ctx context.Context, client *kubernetes.Clientset, namespace, name string) error {
	return client.CoreV1().ConfigMaps(namespace).Delete(ctx, name, meta.DeleteOptions{})
}

func createDeployment(ctx context.Context, client *kubernetes.Clientset, namespace, name string) error {
	labels := map[string]string{"app": name}
	one := int32(1)
	object := &apps.Deployment{
		ObjectMeta: meta.ObjectMeta{Name: name},
		Spec: apps.DeploymentSpec{
			Replicas: &one,
			Selector: &meta.LabelSelector{MatchLabels: labels},
			Template: core.PodTemplateSpec{
				ObjectMeta: meta.ObjectMeta{Labels: labels},
				Spec:       core.PodSpec{Containers: []core.Container{{Name: "web", Image: "registry.test/web:1"}}},
			},
		},
	}
	_, err := client.AppsV1().Deployments(namespace).Create(ctx, object, meta.CreateOptions{})
	return err
}

func scaleDeployment(ctx context.Context, client *kubernetes.Clientset, namespace, name string) error {
	patch := []byte(`{"spec":{"replicas":0}}`)
	_, err := client.AppsV1().Deployments(namespace).Patch(ctx, name, types.StrategicMergePatchType, patch, meta.PatchOptions{}, "scale")
	if err != nil {
		// The scale subresource takes no strategic patch in every release.
		_, err = client.AppsV1().Deployments(namespace).Patch(ctx, name, types.MergePatchType, patch, meta.PatchOptions{}, "scale")
	}
	return err
}
