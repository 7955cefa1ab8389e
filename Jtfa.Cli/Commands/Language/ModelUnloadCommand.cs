using System.CommandLine;
using Jtfa.Cli.Help;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa model unload</c>: unloads a silo's language model.</summary>
internal static class ModelUnloadCommand
{
    private static readonly Argument<string> s_model = new("model") { Description = "Its name, as 'jtfa model list' has it." };

    public static Command Create()
    {
        var command = new Command(
            "unload", "Unload a language model of a running silo: its texts end, its memory is free; the next request loads it again.")
        {
            s_model,
        };
        ServerOptions.AddTo(command);
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa model unload glosses", "jtfa model unload glosses --server http://fusion.local:5080");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = ServerOptions.Connect(parsed);
        var model = await client.UnloadModelAsync(parsed.GetValue(s_model)!, cancellationToken);
        if (parsed.GetValue(ServerOptions.Json)) await ServedModels.PrintAsync(model);
        else await ServedModels.WriteAsync(parsed, [model]);
        return 0;
    }
}
