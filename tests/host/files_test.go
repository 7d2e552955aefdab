package host_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchboard/tests/host/grafana"
	"switchboard/tests/host/sandbox"
)

// manyRows is a statement of as many rows as a panel of raw records may have, a multiple of 500.
func manyRows(rows int) string {
	return fmt.Sprintf(`WITH numbers AS (
			SELECT part * 500 + n AS n FROM UNNEST(sequence(0, %d)) AS a(part) CROSS JOIN UNNEST(sequence(1, 500)) AS b(n))
		SELECT n, CASE WHEN n %% 3 = 0 THEN NULL WHEN n %% 3 = 1 THEN '' ELSE 'queue "' || CAST(n AS varchar) || '"' END AS queue
		FROM numbers ORDER BY n`, rows/500-1)
}

// ways says which way the rows of each run of an answer came, and why not the other.
func ways(t testing.TB, custom any) (from, why string) {
	t.Helper()
	var meta struct {
		Runs []struct {
			RowsFrom string
			WhyPages string
		}
	}
	text, err := json.Marshal(custom)
	if err == nil {
		err = json.Unmarshal(text, &meta)
	}
	if err != nil || len(meta.Runs) != 1 {
		t.Fatalf("the answer does not tell of one run: %v %s", err, text)
	}
	return meta.Runs[0].RowsFrom, meta.Runs[0].WhyPages
}

func TestALargerResultComesFromS3AndInPagesWhereThatIsDenied(t *testing.T) {
	world := ownWorld(t, "--fast")
	plugin, source := start(t), sourceOf(t, world)
	var first [][]any
	for _, denied := range []bool{false, true} {
		wanted := "s3"
		if denied {
			wanted = "pages"
			order(t, world, sandbox.Fault{Kind: "deny_s3", Times: 0})
		}
		sql := manyRows(2500)
		if denied {
			sql += " -- another statement, so that no result is reused"
		}
		answers, err := ask(within(t, time.Minute), plugin, source, time.Now().Add(-time.Hour), time.Now(), panel{Route: "historical", SQL: sql})
		if err != nil {
			t.Fatal(err)
		}
		frame := frame(t, answers["A"])
		from, why := ways(t, frame.Meta.Custom)
		if from != wanted || strings.Contains(why, "s3:GetObject") != denied {
			t.Errorf("denied %v: the rows came from %s, because of %q", denied, from, why)
		}
		rows := grafana.Rows(frame)
		if len(rows) != 2500 {
			t.Fatalf("denied %v: %d rows", denied, len(rows))
		}
		if first == nil {
			first = rows
		}
		for i := range rows {
			if fmt.Sprint(rows[i]) != fmt.Sprint(first[i]) {
				t.Fatalf("row %d is %v from S3 and %v in pages", i, first[i], rows[i])
			}
		}
	}
}

// BenchmarkFiftyThousandRows is a panel of raw records through the host, out of the file in S3 and in pages. The sandbox answers
// a page at once; AWS takes a tenth of a second and more, which `pages as slow as AWS's` puts in.
func BenchmarkFiftyThousandRows(b *testing.B) {
	for name, faults := range map[string][]sandbox.Fault{
		"s3":                   nil,
		"pages":                {{Kind: "deny_s3", Times: 0}},
		"pages as slow as AWS": {{Kind: "deny_s3", Times: 0}, {Kind: "delay", Operation: "GetQueryResults", Times: 0, Millis: 100}},
	} {
		b.Run(name, func(b *testing.B) {
			world := ownWorld(b, "--fast")
			plugin, source := start(b), sourceOf(b, world)
			for _, fault := range faults {
				if err := world.Fault(b.Context(), fault); err != nil {
					b.Fatal(err)
				}
			}
			runs := 0
			for b.Loop() {
				runs++
				answers, err := ask(b.Context(), plugin, source, time.Now().Add(-time.Hour), time.Now(),
					panel{Route: "historical", SQL: fmt.Sprintf("%s -- %d", manyRows(50_000), runs)})
				if err != nil || answers["A"].Error != nil {
					b.Fatal(err, answers["A"].Error)
				}
				if rows := answers["A"].Frames[0].Rows(); rows != 50_000 {
					b.Fatalf("%d rows", rows)
				}
			}
		})
	}
}
