// Command test-kubelet serves exec, attach and port-forward as a kubelet does, with Kubernetes' own streaming code,
// for the simulated node of a test cluster. Commands run on this machine, so it believes nobody but a client with
// a certificate of the cluster's CA. All else (logs) it leaves to kwok.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/portforward"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

const (
	idleTimeout     = 4 * time.Hour
	creationTimeout = 30 * time.Second
)

func main() {
	version := flag.Bool("version", false, "print the version of k8s.io/cri-streaming and exit")
	address := flag.String("address", "127.0.0.1:0", "host and port to listen on")
	certificate := flag.String("tls-cert-file", "", "server certificate")
	key := flag.String("tls-private-key-file", "", "its key")
	ca := flag.String("client-ca-file", "", "who may connect")
	logs := flag.String("logs", "", "https URL of the server to which every other request goes")
	podPort := flag.Int("pod-port", 0, "port of 127.0.0.1 that every forwarded port reaches")
	flag.Parse()
	if *version {
		fmt.Println(streamingVersion())
		return
	}
	if err := serve(*address, *certificate, *key, *ca, handler(*logs, *podPort)); err != nil {
		log.Fatal(err)
	}
}

func serve(address, certificate, key, ca string, handler http.Handler) error {
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(ca)
	if err != nil {
		return err
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate", ca)
	}
	server := &http.Server{
		Addr:    address,
		Handler: handler,
		TLSConfig: &tls.Config{
			ClientCAs:  pool,
			ClientAuth: tls.RequireAndVerifyClientCert,
			// Upgrades need HTTP/1.1.
			NextProtos: []string{"http/1.1"},
		},
		ReadHeaderTimeout: 10 * time.Second,
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-stop
		killAll()
		_ = server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServeTLS(certificate, key); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func handler(logs string, podPort int) http.Handler {
	mux := http.NewServeMux()
	remote := func(serve func(http.ResponseWriter, *http.Request, *remotecommand.Options)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			options, err := remotecommand.NewOptions(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			serve(w, r, options)
		}
	}
	mux.HandleFunc("/exec/", remote(func(w http.ResponseWriter, r *http.Request, options *remotecommand.Options) {
		command := r.URL.Query()["command"]
		remotecommand.ServeExec(w, r, machine{}, "", "", "", command, options,
			idleTimeout, creationTimeout, remotecommand.SupportedStreamingProtocols)
	}))
	mux.HandleFunc("/attach/", remote(func(w http.ResponseWriter, r *http.Request, options *remotecommand.Options) {
		remotecommand.ServeAttach(w, r, machine{}, "", "", "", options,
			idleTimeout, creationTimeout, remotecommand.SupportedStreamingProtocols)
	}))
	mux.HandleFunc("/portForward/", func(w http.ResponseWriter, r *http.Request) {
		options, err := portforward.NewV4Options(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		portforward.ServePortForward(w, r, forwarder{podPort}, "", "", options,
			idleTimeout, creationTimeout, portforward.SupportedProtocols)
	})
	if target, err := url.Parse(logs); err == nil && target.Host != "" {
		proxy := httputil.NewSingleHostReverseProxy(target)
		// kwok on the same machine, whose lines are no secret.
		proxy.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		proxy.FlushInterval = -1
		mux.Handle("/", proxy)
	}
	return mux
}

func streamingVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "k8s.io/cri-streaming" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return "unknown"
}
