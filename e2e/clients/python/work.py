"""What people do with the Kubernetes client of Python, each once. Ends with 0 when all of it went well.

Usage: work.py <kubeconfig> <namespace>

Whatever listens in the pods answers an HTTP request with its body.
"""

import socket
import sys
import threading
import time

from kubernetes import client, config, dynamic, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward, stream


def main(kubeconfig: str, namespace: str) -> None:
    config.load_kube_config(kubeconfig)
    core, apps = client.CoreV1Api(), client.AppsV1Api()
    for step in (discover, configmaps, watches, deployments, errors):
        step(core, apps, namespace)
        print(step.__name__, "ok", flush=True)
    pod = running_pod(core, namespace)
    for step in (logs, execute, interactive, forward):
        step(core, pod, namespace)
        print(step.__name__, "ok", flush=True)


def discover(core, apps, namespace):
    assert client.VersionApi().get_code().major == "1"
    assert "apps" in {group.name for group in client.ApisApi().get_api_versions().groups}
    resources = dynamic.DynamicClient(client.ApiClient()).resources
    deployments = resources.get(api_version="apps/v1", kind="Deployment")
    assert deployments.get(namespace=namespace).items == []


def configmaps(core, apps, namespace):
    for number in range(25):
        body = client.V1ConfigMap(
            metadata=client.V1ObjectMeta(name=f"map-{number}", labels={"made": "here"}),
            data={"text": "wörter " * 100},
        )
        assert core.create_namespaced_config_map(namespace, body).metadata.uid
    names, token = [], None
    while True:
        page = core.list_namespaced_config_map(
            namespace, label_selector="made=here", limit=10, _continue=token
        )
        names += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert len(names) == len(set(names)) == 25, names
    patched = core.patch_namespaced_config_map("map-0", namespace, {"data": {"a": "1"}})
    assert patched.data["a"] == "1"
    json_patch = [{"op": "remove", "path": "/data/a"}]
    assert "a" not in core.patch_namespaced_config_map("map-0", namespace, json_patch).data
    patched.metadata.resource_version = None
    patched.data = {"replaced": "yes"}
    assert core.replace_namespaced_config_map("map-0", namespace, patched).data == {"replaced": "yes"}
    dry = core.delete_namespaced_config_map("map-0", namespace, dry_run="All")
    assert dry.status == "Success" and core.read_namespaced_config_map("map-0", namespace)
    core.delete_collection_namespaced_config_map(namespace, label_selector="made=here")
    assert core.list_namespaced_config_map(namespace, label_selector="made=here").items == []


def watches(core, apps, namespace):
    begin = core.list_namespaced_config_map(namespace).metadata.resource_version
    seen, follower = [], watch.Watch()

    def follow():
        for event in follower.stream(
            core.list_namespaced_config_map, namespace, resource_version=begin, timeout_seconds=30
        ):
            seen.append((event["type"], event["object"].metadata.name))
            if event["type"] == "DELETED":
                follower.stop()

    thread = threading.Thread(target=follow)
    thread.start()
    body = client.V1ConfigMap(metadata=client.V1ObjectMeta(name="watched"))
    core.create_namespaced_config_map(namespace, body)
    core.patch_namespaced_config_map("watched", namespace, {"data": {"a": "1"}})
    core.delete_namespaced_config_map("watched", namespace)
    thread.join(20)
    expected = [("ADDED", "watched"), ("MODIFIED", "watched"), ("DELETED", "watched")]
    assert seen == expected, seen


def deployments(core, apps, namespace):
    labels = {"app": "web"}
    container = client.V1Container(name="web", image="registry.test/web:1")
    body = client.V1Deployment(
        metadata=client.V1ObjectMeta(name="web"),
        spec=client.V1DeploymentSpec(
            replicas=1,
            selector=client.V1LabelSelector(match_labels=labels),
            template=client.V1PodTemplateSpec(
                metadata=client.V1ObjectMeta(labels=labels),
                spec=client.V1PodSpec(containers=[container]),
            ),
        ),
    )
    apps.create_namespaced_deployment(namespace, body)
    apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 2}})
    eventually(lambda: apps.read_namespaced_deployment("web", namespace).status.ready_replicas == 2)
    applied = dynamic.DynamicClient(client.ApiClient()).resources.get(
        api_version="v1", kind="ConfigMap"
    ).server_side_apply(
        body={
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "applied"},
            "data": {"by": "python"},
        },
        namespace=namespace,
        field_manager="python",
    )
    assert applied.metadata.managedFields[0].operation == "Apply"


def errors(core, apps, namespace):
    for call, status in (
        (lambda: core.read_namespaced_config_map("absent", namespace), 404),
        (lambda: core.create_namespace({"metadata": {"name": namespace}}), 409),
    ):
        try:
            call()
        except ApiException as error:
            assert error.status == status, error
        else:
            raise AssertionError(f"expected {status}")


def running_pod(core, namespace):
    pods = core.list_namespaced_pod(namespace, label_selector="app=web").items
    return pods[0].metadata.name


def logs(core, pod, namespace):
    assert "listening" in core.read_namespaced_pod_log(pod, namespace, tail_lines=1)
    follower = watch.Watch()
    for line in follower.stream(core.read_namespaced_pod_log, pod, namespace):
        assert "listening" in line
        follower.stop()


def execute(core, pod, namespace):
    script = "echo out; echo err >&2; exit 3"
    session = stream(
        core.connect_get_namespaced_pod_exec, pod, namespace, command=["sh", "-c", script],
        stdout=True, stderr=True, stdin=False, tty=False, _preload_content=False,
    )
    session.run_forever(timeout=20)
    assert session.read_stdout() == "out\n"
    assert session.read_stderr() == "err\n"
    assert session.returncode == 3


def interactive(core, pod, namespace):
    session = stream(
        core.connect_get_namespaced_pod_exec, pod, namespace, command=["sh"],
        stdout=True, stderr=True, stdin=True, tty=False, _preload_content=False,
    )
    for number in range(50):
        session.write_stdin(f"echo line {number}\n")
        assert session.readline_stdout(timeout=10) == f"line {number}"
    session.write_stdin("exit 5\n")
    session.run_forever(timeout=20)
    assert session.returncode == 5


def forward(core, pod, namespace):
    forwarded = portforward(
        core.connect_get_namespaced_pod_portforward, pod, namespace, ports="8080"
    )
    connection = forwarded.socket(8080)
    connection.settimeout(20)
    body = b"all work and no play " * 5000
    head = f"POST / HTTP/1.1\r\nHost: pod\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    sender = threading.Thread(target=connection.sendall, args=(head.encode() + body,))
    sender.start()
    received = b""
    while b"\r\n0\r\n\r\n" not in received:
        try:
            chunk = connection.recv(65536)
        except socket.timeout:
            raise AssertionError(f"only {len(received)} bytes came back") from None
        if not chunk:
            break
        received += chunk
    sender.join()
    assert received.startswith(b"HTTP/1.1 200"), received[:100]
    assert received.count(b"all work and no play ") >= 4990, len(received)
    assert forwarded.error(8080) is None


def eventually(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
