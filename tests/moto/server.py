"""moto on a free loopback port, until standard input closes; prints its address as one line of JSON.

moto lacks two operations that every client of these services may call; they are added here on top of moto's own state, and
everything else is moto's.
"""

import json
import logging
import sys

from moto.athena.responses import AthenaResponse
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.timestreamwrite.responses import TimestreamWriteResponse


def batch_get_query_execution(self: AthenaResponse) -> str:
    """Answers for several executions what moto's GetQueryExecution answers for each."""
    wanted = self._get_param("QueryExecutionIds")
    found = []
    for execution_id in wanted:
        self.body = json.dumps({"QueryExecutionId": execution_id})
        found.append(json.loads(self.get_query_execution())["QueryExecution"])
    return json.dumps({"QueryExecutions": found, "UnprocessedQueryExecutionIds": []})


def cancel_query(_self: TimestreamWriteResponse) -> str:
    """Answers as for a query that had already ended, which in moto every query has."""
    return json.dumps({"CancellationMessage": "The query had already ended."})


def main() -> None:
    AthenaResponse.batch_get_query_execution = batch_get_query_execution
    TimestreamWriteResponse.cancel_query = cancel_query
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
