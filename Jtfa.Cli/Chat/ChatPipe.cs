using System.Text;
using Jtfa.Cli.Decisions;

namespace Jtfa.Cli.Chat;

/// <summary>A conversation whose lines a program gives, or whose answers one takes: a line a turn, and answers alone.</summary>
internal sealed class ChatPipe : IChatScreen, IDisposable
{
    private readonly StreamReader _input = new(Console.OpenStandardInput(), Encoding.UTF8);
    private readonly TextWriter _output = ResultOutput.Open();

    public bool IsWatched => false;

    // The console's stream holds the thread that reads it, whatever the token says.
    public Task<string?> ReadAsync(CancellationToken cancellationToken) =>
        Task.Run(_input.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);

    public void Write(string text)
    {
        _output.Write(text);
        _output.Flush();
    }

    public void EndAnswer() => Tell("");

    public void Tell(string line)
    {
        _output.WriteLine(line);
        _output.Flush();
    }

    public void Note(string line)
    {
    }

    public void Warn(string line) => Console.Error.WriteLine($"jtfa: {line}");

    public void Dispose() => _input.Dispose();
}
