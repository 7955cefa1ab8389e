using System.CommandLine;
using Jtfa.Cli.Help;
using Jtfa.Silo;
using Jtfa.Silo.Trust;

namespace Jtfa.Cli.Commands;

/// <summary><c>jtfa key</c>: the keys by which gateways know camera views.</summary>
internal static class KeyCommand
{
    private static readonly Argument<string[]> s_views = new("view")
    {
        Description = "The views, each as scene/view, such as lobby/0.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<FileInfo?> s_file = new("--file")
    {
        Description = "Append the lines to this file, mode 600, instead of printing them.",
    };

    public static Command Create()
    {
        var make = new Command(
            "new",
            "Make a key for each view: a line for the gateway's file and the same line for the camera's. Of a view with two lines both " +
            "keys are good while its camera changes to the later one.")
        {
            s_views, s_file,
        };
        make.SetAction(parsed => Make(parsed.GetValue(s_views)!, parsed.GetValue(s_file)));
        make.WithExamples("jtfa key new lobby/0", "jtfa key new lobby/0 lobby/1 lobby/2 --file keys");
        return new Command("key", "Keys of camera views, by which a scene takes no forged tokens (docs/silo.md).") { make }
            .WithExamples("jtfa key new lobby/0 --file keys");
    }

    private static int Make(string[] views, FileInfo? file)
    {
        var lines = views.Select(LineOf).ToList();
        if (file is null)
        {
            foreach (var line in lines) Console.Out.WriteLine(line);
            return 0;
        }

        try
        {
            // Nothing is written unless the file stays one that a silo takes: of one view it takes two keys at most.
            _ = new ViewKeys(new ViewKeysOptions { File = file.Exists ? file.FullName : "", Views = lines });
            if (!file.Exists)
            {
                SecretFile.Create(file.FullName, string.Join('\n', lines));
            }
            else
            {
                var endsLine = File.ReadAllText(file.FullName) is "" or [.., '\n'];
                File.AppendAllText(file.FullName, $"{(endsLine ? "" : "\n")}{string.Join('\n', lines)}\n");
            }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--file {file}: {fault.Message.ReplaceLineEndings(" ")}");
        }

        Console.Out.WriteLine($"{file}: {lines.Count} keys added, of {string.Join(", ", views)}");
        return 0;
    }

    private static string LineOf(string view)
    {
        if (!ViewKeys.TrySplit(view, out var scene, out var number) || scene.Length == 0 || scene.Contains('/'))
            throw new UsageException($"'{view}': allowed is a scene and a view number, such as lobby/0");
        return ViewKeys.NewLine(scene, number);
    }
}
