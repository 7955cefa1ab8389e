namespace Jtfa.Cli.Chat;

/// <summary>Where a conversation is held: a terminal, or a pipe.</summary>
internal interface IChatScreen
{
    /// <summary>Whether somebody watches, whom a fault does not send away.</summary>
    bool IsWatched { get; }

    /// <summary>The next line; null: there is none any more.</summary>
    Task<string?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Writes a piece of an answer.</summary>
    void Write(string text);

    /// <summary>Ends an answer.</summary>
    void EndAnswer();

    /// <summary>Writes what was asked for and is no answer.</summary>
    void Tell(string line);

    /// <summary>Writes what only those who watch want to know.</summary>
    void Note(string line);

    /// <summary>Writes what went wrong.</summary>
    void Warn(string line);
}
