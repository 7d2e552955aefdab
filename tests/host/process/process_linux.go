// Package process ties the processes that a test starts to the test.
package process

import (
	"os/exec"
	"syscall"
)

// DieWithParent lets the kernel end the process when this one ends, however it ends, so that nothing is left behind.
func DieWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
