package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// machine runs what containers run, on this machine.
type machine struct{}

var (
	runningLock sync.Mutex
	running     = map[int]struct{}{}
)

func (machine) ExecInContainer(ctx context.Context, _, _, _ string, command []string, in io.Reader, out, errOut io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize, _ time.Duration) error {
	if len(command) == 0 {
		return errors.New("no command")
	}
	return run(exec.CommandContext(ctx, command[0], command[1:]...), in, out, errOut, tty, resize)
}

// AttachContainer attaches to a shell, which is what every container runs.
func (machine) AttachContainer(ctx context.Context, _, _, _ string, in io.Reader, out, errOut io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize) error {
	arguments := []string{"-c", "while :; do date; sleep 1; done"}
	if in != nil {
		arguments = []string{}
	}
	return run(exec.CommandContext(ctx, "sh", arguments...), in, out, errOut, tty, resize)
}

func run(command *exec.Cmd, in io.Reader, out, errOut io.WriteCloser, tty bool, resize <-chan remotecommand.TerminalSize) error {
	if tty {
		return exitOf(runInTerminal(command, in, out, resize))
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Stdout = writer(out)
	command.Stderr = writer(errOut)
	if in != nil {
		// Not command.Stdin: Wait would then wait for a client that says nothing more.
		pipe, err := command.StdinPipe()
		if err != nil {
			return err
		}
		go func() {
			_, _ = io.Copy(pipe, in)
			_ = pipe.Close()
		}()
	}
	if err := command.Start(); err != nil {
		return exitOf(err)
	}
	defer track(command.Process.Pid)()
	return exitOf(command.Wait())
}

// writer keeps a nil stream from becoming an interface that is not nil.
func writer(stream io.WriteCloser) io.Writer {
	if stream == nil {
		return nil
	}
	return stream
}

func runInTerminal(command *exec.Cmd, in io.Reader, out io.Writer, resize <-chan remotecommand.TerminalSize) error {
	terminal, err := pty.Start(command)
	if err != nil {
		return err
	}
	defer track(command.Process.Pid)()
	go func() {
		for size := range resize {
			_ = pty.Setsize(terminal, &pty.Winsize{Cols: size.Width, Rows: size.Height})
		}
	}()
	if in != nil {
		go func() { _, _ = io.Copy(terminal, in) }()
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(out, terminal)
	}()
	err = command.Wait()
	select {
	case <-copied:
	case <-time.After(time.Second):
	}
	_ = terminal.Close()
	return err
}

// exitOf turns the end of a process into what the protocol knows as its exit code.
func exitOf(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	code := exit.ExitCode()
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	return utilexec.CodeExitError{Err: err, Code: code}
}

func track(pid int) func() {
	runningLock.Lock()
	defer runningLock.Unlock()
	running[pid] = struct{}{}
	return func() {
		runningLock.Lock()
		defer runningLock.Unlock()
		delete(running, pid)
	}
}

func killAll() {
	runningLock.Lock()
	defer runningLock.Unlock()
	for pid := range running {
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
}

// forwarder reaches one port of this machine, whichever port of a pod was meant.
type forwarder struct{ port int }

// A port of a pod on which nobody listens.
const closedPort = 9

func (f forwarder) PortForward(ctx context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	if port == closedPort {
		return fmt.Errorf("connection refused on port %d", port)
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(f.port)))
	if err != nil {
		return err
	}
	defer connection.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(stream, connection)
	}()
	go func() {
		_, _ = io.Copy(connection, stream)
		_ = connection.(*net.TCPConn).CloseWrite()
	}()
	<-done
	return nil
}
