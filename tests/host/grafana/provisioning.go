package grafana

// Interpolated is a value of a provisioning file as Grafana reads it: `$NAME` and `${NAME}` in texts stand for environment
// variables, which lookup answers, `$$` for a dollar.
func Interpolated(value any, lookup func(name string) string) any { return expandAll(value, lookup) }
