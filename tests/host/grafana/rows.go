package grafana

import "github.com/grafana/grafana-plugin-sdk-go/data"

// Rows is a frame's values row by row: nil for null, else the value itself (time.Time, float64, int64, string, bool).
func Rows(frame *data.Frame) [][]any {
	rows := make([][]any, frame.Rows())
	for row := range rows {
		rows[row] = make([]any, len(frame.Fields))
		for column, field := range frame.Fields {
			if value, present := field.ConcreteAt(row); present {
				rows[row][column] = value
			}
		}
	}
	return rows
}

// Names is a frame's column names.
func Names(frame *data.Frame) []string {
	names := make([]string, len(frame.Fields))
	for i, field := range frame.Fields {
		names[i] = field.Name
	}
	return names
}
