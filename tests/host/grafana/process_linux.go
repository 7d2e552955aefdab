package grafana

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets the kernel end the process when this one ends, however it ends, so that nothing is left behind.
func dieWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
