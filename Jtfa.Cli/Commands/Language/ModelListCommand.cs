using System.CommandLine;
using Jtfa.Cli.Help;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa model list</c>: the language models of a silo.</summary>
internal static class ModelListCommand
{
    public static Command Create()
    {
        var command = new Command(
            "list", "Print the language models of a running silo: state, memory, texts, pages of keys and values, text tokens so far.");
        ServerOptions.AddTo(command);
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa model list", "jtfa model list --server http://fusion.local:5080 --json");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = ServerOptions.Connect(parsed);
        var models = await client.GetModelsAsync(cancellationToken);
        if (parsed.GetValue(ServerOptions.Json)) await ServedModels.PrintAsync(models);
        else await ServedModels.WriteAsync(parsed, models);
        return 0;
    }
}
