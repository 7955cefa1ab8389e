using System.CommandLine;
using Jtfa.Cli.Help;

namespace Jtfa.Cli.Commands.Language;

/// <summary><c>jtfa model load</c>: loads a silo's language model.</summary>
internal static class ModelLoadCommand
{
    private static readonly Argument<string> s_model = new("model") { Description = "Its name, as 'jtfa model list' has it." };

    public static Command Create()
    {
        var command = new Command(
            "load", "Load a language model of a running silo, and say how it is doing when it is loaded.")
        {
            s_model,
        };
        ServerOptions.AddTo(command);
        command.SetAction(RunAsync);
        return command.WithExamples("jtfa model load glosses", "jtfa model load glosses --server http://fusion.local:5080");
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = ServerOptions.Connect(parsed);
        var model = await client.LoadModelAsync(parsed.GetValue(s_model)!, cancellationToken);
        if (parsed.GetValue(ServerOptions.Json)) await ServedModels.PrintAsync(model);
        else await ServedModels.WriteAsync(parsed, [model]);
        return 0;
    }
}
