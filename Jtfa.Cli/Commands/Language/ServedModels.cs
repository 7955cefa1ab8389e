using System.CommandLine;
using System.Text.Json;
using Jtfa.Client;
using Jtfa.Interfaces;

namespace Jtfa.Cli.Commands.Language;

/// <summary>What commands on the language models of a running silo have in common.</summary>
internal static class ServedModels
{
    /// <summary>Says that a command asks a silo.</summary>
    public static readonly Option<string?> Server =
        new("--server") { Description = "URL of a silo, whose model is asked instead of a file; --model is its name there." };

    /// <summary>The name of the model that a command asks a silo for.</summary>
    /// <param name="client">The silo.</param>
    /// <param name="given">What --model says; null: the silo's only one.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UsageException">It is not clear which one is meant.</exception>
    public static async Task<string> NameAsync(ILanguageClient client, string? given, CancellationToken cancellationToken)
    {
        if (given is not null) return given;
        var names = (await client.GetModelsAsync(cancellationToken)).Select(model => model.Name).ToList();
        return names switch
        {
            [var sole] => sole,
            [] => throw new UsageException("--server: this silo has no language models; its setting Jtfa:Language:Models names them"),
            _ => throw new UsageException($"--model: allowed is one of {string.Join(", ", names)}"),
        };
    }

    /// <summary>Refuses options that say what is the silo's own.</summary>
    /// <exception cref="UsageException">One is given.</exception>
    public static void Refuse(ParseResult parsed, params IEnumerable<Option> options)
    {
        var given = options.Where(option => parsed.GetResult(option) is { Implicit: false }).Select(option => option.Name).ToList();
        if (given.Count > 0) throw new UsageException($"{string.Join(", ", given)}: not with --server, where that is the silo's to say");
    }

    /// <summary>Writes how models are doing.</summary>
    public static async Task WriteAsync(ParseResult parsed, IReadOnlyList<ModelStatus> models)
    {
        var table = new ResultTable("model", "state", "MiB", "texts", "waiting", "pages", "prompts", "answers", "silo", "fault");
        foreach (var model in models)
        {
            table.Add(
                model.Name, model.State.ToString().ToLowerInvariant(), ResultTable.Number(model.Bytes / (double)(1 << 20), "F0"),
                ResultTable.Count(model.Running), ResultTable.Count(model.Waiting),
                $"{model.PagesRead + model.PagesRemembered} of {model.Pages}",
                $"{model.PromptTokens} text tokens", $"{model.CompletionTokens} text tokens", ServerOptions.AddressOf(parsed).Authority,
                model.Fault ?? "–");
        }

        await table.WriteAsync();
    }

    /// <summary>Writes an answer as JSON.</summary>
    public static Task PrintAsync<T>(T answer) => Console.Out.WriteLineAsync(JsonSerializer.Serialize(answer, JtfaJson.Options));
}
