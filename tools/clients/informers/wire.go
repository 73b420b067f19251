package main

import (
	"maps"
	"mime"
	"net/http"
	"sync"
)

// wire counts what answers looked like, so that a test can tell that it saw what it is about.
type wire struct {
	lock sync.Mutex
	seen map[string]int
}

func newWire() *wire { return &wire{seen: map[string]int{}} }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

func (w *wire) wrap(inner http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := inner.RoundTrip(request)
		if err != nil {
			w.count("error")
			return response, err
		}
		media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
		query := request.URL.Query()
		w.count(response.Proto)
		w.count(media)
		w.count(http.StatusText(response.StatusCode))
		if response.Uncompressed {
			w.count("gzip")
		}
		for _, name := range []string{"watch", "sendInitialEvents", "allowWatchBookmarks"} {
			if query.Get(name) == "true" {
				w.count(name)
			}
		}
		return response, nil
	})
}

func (w *wire) count(what string) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.seen[what]++
}

func (w *wire) counts() map[string]int {
	w.lock.Lock()
	defer w.lock.Unlock()
	return maps.Clone(w.seen)
}
