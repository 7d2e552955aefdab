package moto

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"
	"time"
)

// value is one value of an Athena row; nil is NULL, which travels as an object without a value.
func value(text any) object {
	if text == nil {
		return object{}
	}
	return object{"VarCharValue": text}
}

func athenaRow(values ...any) object {
	data := make([]object, len(values))
	for i, one := range values {
		data[i] = value(one)
	}
	return object{"Data": data}
}

func athenaColumn(name, kind string) object {
	return object{
		"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": name, "Label": name, "Type": kind,
		"Precision": 0, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": false,
	}
}

// results lays out what the next execution in eu-west-2 will have for a result.
func (s *server) results(columns []object, rows ...object) {
	s.t.Helper()
	s.send(http.MethodPut, "/results", nil)
	s.post("/moto-api/static/athena/query-results", object{
		"region": "eu-west-2", "results": []object{{"column_info": columns, "rows": rows}},
	})
}

func TestAthenaReadsEveryTypeAndTellsNullFromEmpty(t *testing.T) {
	moto := start(t)
	cases := []struct {
		kind, text string
		wanted     any
	}{
		{"varchar", "", ""},
		{"varchar", "a,\"b\"\nc", "a,\"b\"\nc"},
		{"boolean", "true", true},
		{"tinyint", "-128", int8(-128)},
		{"smallint", "32767", int16(32767)},
		{"integer", "7", int32(7)},
		{"bigint", "9223372036854775807", int64(9223372036854775807)},
		{"float", "1.5", 1.5},
		{"double", "-2.5E10", -2.5e10},
		{"decimal", "12.50", 12.5},
		{"date", "2026-03-04", time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)},
		{"timestamp", "2026-03-04 05:06:07.123", time.Date(2026, 3, 4, 5, 6, 7, 123000000, time.UTC)},
		{"timestamp with time zone", "2026-03-04 05:06:07.000 +02:00", time.Date(2026, 3, 4, 3, 6, 7, 0, time.UTC)},
		{"uuid", "12151fd2-7586-11e9-8f9e-2a86e4085a59", "12151fd2-7586-11e9-8f9e-2a86e4085a59"},
		{"array", "[1, 2]", "[1, 2]"},
		{"row", "{a=1}", "{a=1}"},
	}
	columns := []object{athenaColumn("kind", "varchar")}
	header, filled, empty := []any{"kind"}, []any{"filled"}, []any{"null"}
	wanted := []any{"filled"}
	for _, one := range cases {
		name := one.kind + "_" + one.text
		columns = append(columns, athenaColumn(name, one.kind))
		header, filled, empty = append(header, name), append(filled, one.text), append(empty, nil)
		wanted = append(wanted, one.wanted)
	}
	moto.results(columns, athenaRow(header...), athenaRow(filled...), athenaRow(empty...))
	got := rows(t, plugin(t), moto.source(), "historical", "SELECT everything")
	if len(got) != 2 {
		t.Fatalf("read %d rows, wanted 2: %v", len(got), got)
	}
	for i, value := range got[0] {
		if instant, ok := value.(time.Time); ok {
			value = instant.UTC()
		}
		if !reflect.DeepEqual(value, wanted[i]) {
			t.Errorf("%v: read %#v, wanted %#v", header[i], value, wanted[i])
		}
	}
	for i, value := range got[1][1:] {
		if value != nil {
			t.Errorf("%v: NULL was read as %#v", header[i+1], value)
		}
	}
}

func TestAthenaIsPolledThroughItsStates(t *testing.T) {
	moto := start(t)
	moto.post("/moto-api/state-manager/set-transition", object{
		"model_name": "athena::execution", "transition": object{"progression": "manual", "times": 3},
	})
	moto.results([]object{athenaColumn("n", "integer")}, athenaRow("n"), athenaRow("1"))
	began := time.Now()
	got := rows(t, plugin(t), moto.source(), "historical", "SELECT 1 AS n")
	if wanted := [][]any{{int32(1)}}; !reflect.DeepEqual(got, wanted) {
		t.Errorf("read %v, wanted %v", got, wanted)
	}
	// QUEUED and RUNNING last three looks each; a look comes every tenth of a second.
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("six looks took %s", took)
	}
}

func TestAnErrorBodyThatIsNotAnErrorIsSurvived(t *testing.T) {
	// moto does not know ListTableMetadata and answers HTTP 500 with a page of HTML.
	moto := start(t)
	running := plugin(t)
	status, body, err := running.Resource(t.Context(), moto.source(), "historical/tables?database=connect")
	if err != nil {
		t.Fatal(err)
	}
	var told struct{ Error string }
	if status < 400 || json.Unmarshal(body, &told) != nil || told.Error == "" {
		t.Errorf("answered %d %s, wanted a JSON error", status, body)
	}
	if err := running.Ping(); err != nil {
		t.Errorf("the plugin did not survive: %v", err)
	}
}
