//go:build !linux

package process

import "os/exec"

// DieWithParent does nothing where the kernel offers no such thing; an orderly end stops the process all the same.
func DieWithParent(*exec.Cmd) {}
