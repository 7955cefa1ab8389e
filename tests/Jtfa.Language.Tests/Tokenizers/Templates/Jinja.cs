using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Jtfa.Language.Tests.Tokenizers.Templates;

/// <summary>Jinja itself (python3-jinja2), set up as Hugging Face's transformers do for chat templates.</summary>
internal static class Jinja
{
    private const string Script = """
        import json, sys
        from jinja2.sandbox import ImmutableSandboxedEnvironment
        from jinja2 import nodes
        from jinja2.ext import Extension, loopcontrols

        class Generation(Extension):
            tags = {"generation"}
            def parse(self, parser):
                line = next(parser.stream).lineno
                return nodes.Scope(parser.parse_statements(["name:endgeneration"], drop_needle=True)).set_lineno(line)

        def refuse(message):
            raise ValueError(message)

        def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
            return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

        env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation])
        env.filters["tojson"] = tojson
        env.globals["raise_exception"] = refuse
        results = []
        for case in json.load(sys.stdin):
            try:
                results.append({"text": env.from_string(case["template"]).render(**case["variables"])})
            except Exception as fault:
                results.append({"fault": type(fault).__name__ + ": " + str(fault)})
        json.dump(results, sys.stdout)
        """;

    /// <summary>What each template writes; null where it fails.</summary>
    public static async Task<string?[]> RenderAsync(IEnumerable<(string Template, JsonObject Variables)> cases, CancellationToken stop)
    {
        // Debian's own first: another one of the path has not its packages.
        string? python = null;
        foreach (var candidate in (string[])["/usr/bin/python3", "python3"])
            if (python is null && await HasJinjaAsync(candidate, stop)) python = candidate;
        Assert.SkipWhen(python is null, "Needs python3 with jinja2 (apt-get install -y python3-jinja2).");
        using var process = Start(python!, Script);
        var input = new JsonArray([.. cases.Select(one => new JsonObject
        {
            ["template"] = one.Template, ["variables"] = one.Variables.DeepClone(),
        })]);
        var output = process.StandardOutput.ReadToEndAsync(stop);
        var errors = process.StandardError.ReadToEndAsync(stop);
        await process.StandardInput.WriteAsync(input.ToJsonString().AsMemory(), stop);
        process.StandardInput.Close();
        var results = await output;
        await process.WaitForExitAsync(stop);
        Assert.True(process.ExitCode == 0, await errors);
        return [.. JsonNode.Parse(results)!.AsArray().Select(result =>
        {
            if (result!["fault"] is { } fault) TestContext.Current.TestOutputHelper!.WriteLine($"Jinja: {fault}");
            return (string?)result["text"];
        })];
    }

    private static async Task<bool> HasJinjaAsync(string python, CancellationToken stop)
    {
        try
        {
            using var process = Start(python, "import jinja2");
            await process.WaitForExitAsync(stop);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string python, string script) => Process.Start(new ProcessStartInfo(python, ["-c", script])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
