using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Jtfa.Silo.Tests.Http;

/// <summary>Writes docs/api.md from the API's own document.</summary>
internal sealed class ApiPage(OpenApiDocument document)
{
    private const string Head =
        """
        # The HTTP API

        A fusion silo serves it on `http://127.0.0.1:5080` (`--http ADDRESS:PORT`, [silo.md](silo.md)), with the
        live page at `/`, its own OpenAPI document at `/openapi/v1.json`, metrics at `/metrics`, probes at `/healthz` and `/readyz`,
        and Orleans' dashboard at `/orleans`, which is for people and not in the document. A camera silo serves nothing; a language
        silo OpenAI's API ([serving.md](serving.md#on-a-silo)), metrics, probes and the dashboard.

        **Who may.** On loopback everybody who is on the machine. Beyond it every caller shows a token, `Authorization: Bearer
        <token>`; the first start makes it, in `jtfa-http.token` (mode 600), and `./jtfa doctor` shows it. Only the page's files and
        the probes are open; the dashboard takes a cookie that the page asks the silo for. The token is sent in the clear: put
        TLS before it where the network is not yours. A reverse proxy on the same machine comes from loopback, so set
        `Jtfa:Http:RequireToken=true` behind one, or it lets everybody in.

        **Probes.** `/healthz` answers 200 while the process answers at all. `/readyz` says in its first line how the silo is, then why, a
        line a check, without paths and addresses, since both are open to everybody. It looks once a second at most.

        - `Healthy`, 200: it decides, and the log is read and written.
        - `Degraded`, 200: it decides, and somebody should look. `log`: the database cannot be read. `writing`: the database takes no
          writes, the spool is full, the CSV file takes no rows, or 64 KiB cannot be written beside one of them (tried at each look, so
          that a full or read-only disk is told before anything waits). `clock`: within the last minute the wall clock was set by more
          than a second against the monotonic one; windows keyed by timestamp, and latencies, are wrong around it. `models`: a
          language model could not be loaded.
        - `Unhealthy`, 503: it does not decide. It stops, a scene does not answer, the log has ended, or, under
          `Jtfa:Log:Durability=Sync`, the log takes no decision any more, so that scenes publish none.

        **Numbers.** Durations of a policy (`t`, `w`, `linger`) are milliseconds, as in the configuration; times are seconds since
        1970 unless they are RFC 3339; latencies are seconds; `null` is a number that there is none of.

        **Faults** are problem details (RFC 9457, `application/problem+json`): `detail` says in one line what is wrong and what is
        allowed; `errors` has the same by name where there are several. 400 a wrong value, 401 no token, 404 no such scene, 413 a
        body over 64 KiB, 415 a body that is not called JSON, 503 try again (`Retry-After` says when), as when three queries of the
        log are under way already.

        **Live** streams are server-sent events. Of decisions none is missed or repeated: a client that reconnects with
        `Last-Event-ID` (as browsers and the SDK do by themselves) goes on behind it, from memory or from the log, as far as its
        retention reaches. (After a silo was killed, a decision that was published but never committed cannot be gone on behind:
        what fired from a second before it on is sent, and some of it again.) A reader that is slow is served late, at most all
        readers together `Jtfa:Http:ReaderBytesPerSecond`; beyond `Jtfa:Http:MaxReaders` more are refused with 503. None of it keeps
        a decision waiting. Of one address, loopback excepted, `Jtfa:Http:MaxConnectionsPerAddress` connections are served; more are
        closed unanswered.

        ```sh
        curl localhost:5080/v1/scenes/lobby/policy
        curl -X PUT localhost:5080/v1/scenes/lobby/policy -H 'Content-Type: application/json' -d '{"k":2,"n":4,"t":80,"w":100}'
        curl -N 'localhost:5080/v1/scenes/lobby/decisions/live?last=5'
        curl 'localhost:5080/v1/scenes/lobby/decisions?correct=false&from=2026-11-21T10:00:00Z&limit=20'
        ```

        What follows is written from the OpenAPI document; a test compares them.

        """;

    private readonly StringBuilder _text = new(Head.ReplaceLineEndings("\n"));

    public string Write()
    {
        foreach (var (path, method, operation) in document.Operations) WriteOperation(path, method, operation);
        Line("\n## What is told");
        foreach (
            var (name, schema) in document.Root["components"]!["schemas"]!.AsObject().OrderBy(schema => schema.Key, StringComparer.Ordinal))
        {
            if (schema!["properties"] is JsonObject members && !name.Contains("Problem", StringComparison.Ordinal))
                WriteSchema(name, schema, members);
        }

        return _text.ToString();
    }

    private void WriteOperation(string path, string method, JsonNode operation)
    {
        Line($"\n### {method.ToUpperInvariant()} {path}\n\n{(string)operation["summary"]!}\n");
        foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
        {
            var fallback = parameter!["schema"]!["default"] is { } value ? $" (default {value})" : "";
            Line($"- `{(string)parameter["name"]!}`: {(string?)parameter["description"]}{fallback}");
        }

        if (operation["requestBody"]?["content"]?["application/json"]?["schema"] is { } body) Line($"- body: {TypeOf(body)}");
        var answers = operation["responses"]!.AsObject().OrderBy(answer => answer.Key, StringComparer.Ordinal).Select(answer =>
            answer.Key != "200"
                ? answer.Key
                : $"200 {string.Join(", " +
                    "", answer.Value!["content"]!.AsObject()
                        .Select(content => content.Key == "text/event-stream" ? "server-sent " +
                            "events" : TypeOf(content.Value!["schema"]!)))}");
        Line($"- answers: {string.Join(" · ", answers)}");
    }

    private void WriteSchema(string name, JsonNode schema, JsonObject members)
    {
        Line($"\n### {name}\n\n{Plain((string?)schema["description"])}\n\n| member | is | |\n|---|---|---|");
        foreach (var (member, value) in members) Line($"| `{member}` | {TypeOf(value!)} | {Plain((string?)value!["description"])} |");
    }

    private static string TypeOf(JsonNode schema)
    {
        if ((string?)schema["$ref"] is { } reference) return NameOf(reference);
        if (schema["oneOf"] is JsonArray choices) return string.Join(" or ", choices.Select(choice => TypeOf(choice!)));
        var types = schema["type"] is JsonArray several
            ? several.Select(type => (string)type!).ToList()
            : [(string?)schema["type"] ?? "any"];
        var text = string.Join(" or ", types.Select(type => type == "array" ? $"array of {TypeOf(schema["items"]!)}" : type));
        return (string?)schema["format"] == "milliseconds" ? $"{text} of milliseconds" : text;
    }

    private static string NameOf(string reference) => reference.Split('/')[^1];

    private static string Plain(string? text) => text?.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal) ?? "";

    private void Line(string text) => _text.Append(CultureInfo.InvariantCulture, $"{text}\n");
}
