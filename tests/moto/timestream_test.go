package moto

import (
	"reflect"
	"testing"
	"time"
)

type object = map[string]any

// scalar is a Timestream datum of one value; every scalar travels as text.
func scalar(value string) object { return object{"ScalarValue": value} }

var null = object{"NullValue": true}

func column(name, kind string) object {
	return object{"Name": name, "Type": object{"ScalarType": kind}}
}

// answer lays out the pages that a statement will be answered with in eu-west-1.
func (s *server) answer(sql string, pages ...object) {
	s.answerIn("123456789012", sql, pages...)
}

func (s *server) answerIn(account, sql string, pages ...object) {
	s.t.Helper()
	for _, page := range pages {
		page["QueryId"] = "AEBQEANMHG7MHHBHCKJ3BSOE3QUGIDBGWCCP5I6J6YUW5CVJZ2M3JCJ27QRMM7A"
	}
	s.post("/moto-api/static/timestream/query-results", object{
		"account_id": account, "region": "eu-west-1", "results": object{sql: pages},
	})
}

func TestTimestreamReadsEveryPageEvenAfterAnEmptyOne(t *testing.T) {
	moto := start(t)
	const sql = "SELECT queue, contacts FROM connect.contact_events"
	columns := []object{column("queue", "VARCHAR"), column("contacts", "BIGINT")}
	row := func(queue, contacts string) object { return object{"Data": []object{scalar(queue), scalar(contacts)}} }
	moto.answer(sql,
		object{"ColumnInfo": columns, "Rows": []object{}, "NextToken": "one"},
		object{"ColumnInfo": columns, "Rows": []object{row("Sales", "1"), row("Support", "2")}, "NextToken": "two"},
		object{"ColumnInfo": columns, "Rows": []object{}, "NextToken": "three"},
		object{"ColumnInfo": columns, "Rows": []object{row("Billing", "3")}},
	)
	got := rows(t, plugin(t), moto.source(), "realtime", sql)
	wanted := [][]any{{"Sales", int64(1)}, {"Support", int64(2)}, {"Billing", int64(3)}}
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("read %v, wanted %v", got, wanted)
	}
}

func TestTimestreamReadsEveryKindOfValue(t *testing.T) {
	moto := start(t)
	const sql = "SELECT everything FROM connect.contact_events"
	point := func(at string, value object) object { return object{"Time": at, "Value": value} }
	cases := []struct {
		column object
		datum  object
		wanted any
	}{
		{column("varchar", "VARCHAR"), scalar("a 'b' \u00e9"), "a 'b' \u00e9"},
		{column("empty", "VARCHAR"), scalar(""), ""},
		{column("bigint", "BIGINT"), scalar("-9223372036854775808"), int64(-9223372036854775808)},
		{column("integer", "INTEGER"), scalar("42"), int32(42)},
		{column("double", "DOUBLE"), scalar("1.5E-3"), 0.0015},
		{column("boolean", "BOOLEAN"), scalar("true"), true},
		{column("timestamp", "TIMESTAMP"), scalar("2026-03-04 05:06:07.123456789"), time.Date(2026, 3, 4, 5, 6, 7, 123456789, time.UTC)},
		{column("date", "DATE"), scalar("2026-03-04"), time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)},
		{column("time", "TIME"), scalar("05:06:07.000000000"), time.Date(1970, 1, 1, 5, 6, 7, 0, time.UTC)},
		{column("interval", "INTERVAL_DAY_TO_SECOND"), scalar("1 02:03:04.000000000"), "1 02:03:04.000000000"},
		{column("null", "BIGINT"), null, nil},
		{column("unknown", "UNKNOWN"), null, nil},
		{
			object{"Name": "array", "Type": object{"ArrayColumnInfo": object{"Type": object{"ScalarType": "BIGINT"}}}},
			object{"ArrayValue": []object{scalar("1"), null}},
			"[1,null]",
		},
		{
			object{"Name": "row", "Type": object{"RowColumnInfo": []object{column("a", "VARCHAR"), column("b", "BOOLEAN")}}},
			object{"RowValue": object{"Data": []object{scalar("x"), scalar("false")}}},
			`{"a":"x","b":false}`,
		},
	}
	var columns, data []object
	var wanted []any
	for _, one := range cases {
		columns, data, wanted = append(columns, one.column), append(data, one.datum), append(wanted, one.wanted)
	}
	moto.answer(sql, object{"ColumnInfo": columns, "Rows": []object{{"Data": data}}})
	got := rows(t, plugin(t), moto.source(), "realtime", sql)
	if len(got) != 1 || len(got[0]) != len(wanted) {
		t.Fatalf("read %v", got)
	}
	for i, value := range got[0] {
		if instant, ok := value.(time.Time); ok {
			value = instant.UTC()
		}
		if !reflect.DeepEqual(value, wanted[i]) {
			t.Errorf("%v: read %#v, wanted %#v", columns[i]["Name"], value, wanted[i])
		}
	}

	const series = "SELECT series FROM connect.contact_events"
	moto.answer(series, object{
		"ColumnInfo": []object{
			column("queue", "VARCHAR"),
			{"Name": "waiting", "Type": object{"TimeSeriesMeasureValueColumnInfo": object{"Type": object{"ScalarType": "DOUBLE"}}}},
		},
		"Rows": []object{{"Data": []object{
			scalar("Sales"),
			{"TimeSeriesValue": []object{point("2026-03-04 05:00:00.000000000", scalar("1.5")), point("2026-03-04 05:01:00.000000000", null)}},
		}}},
	})
	points := rows(t, plugin(t), moto.source(), "realtime", series)
	if len(points) != 2 {
		t.Errorf("a time series of two points became %d rows: %v", len(points), points)
	}
}

func TestARoleIsAssumedThroughItsOwnEndpoint(t *testing.T) {
	// moto keeps one state an account, and temporary credentials belong to the account of the role: an answer laid out
	// in that account can be read only with the role assumed.
	moto := start(t)
	const sql = "SELECT owner"
	moto.answerIn("210987654321", sql, object{
		"ColumnInfo": []object{column("owner", "VARCHAR")},
		"Rows":       []object{{"Data": []object{scalar("the other account")}}},
	})
	source := moto.source().With(func(settings map[string]any) {
		settings["assumeRoleArn"] = "arn:aws:iam::210987654321:role/panel-reader"
		settings["externalId"] = "switchboard"
	})
	got := rows(t, plugin(t), source, "realtime", sql)
	if wanted := [][]any{{"the other account"}}; !reflect.DeepEqual(got, wanted) {
		t.Errorf("read %v, wanted %v", got, wanted)
	}
}
