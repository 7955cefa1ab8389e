using System.Data;
using Jtfa.Interfaces;

namespace Jtfa.Silo.Decisions;

/// <summary>A language model's text that has ended, and what it cost: a row of the table <c>generations</c>.</summary>
/// <param name="Id">The text's name.</param>
/// <param name="Model">The model.</param>
/// <param name="Ended">When it ended, seconds since 1970.</param>
/// <param name="End">How it ended, and what it cost.</param>
public sealed record GenerationRow(string Id, string Model, double Ended, TextEnd End)
{
    /// <summary>The table.</summary>
    internal const string Table = "generations";

    /// <summary>The table's columns, in order.</summary>
    internal static readonly IReadOnlyList<Column<GenerationRow>> Columns =
    [
        new("id", DbType.String, row => row.Id),
        new("model", DbType.String, row => row.Model),
        new("timestamp", DbType.Double, row => row.Ended),
        new("prompt_tokens", DbType.Int32, row => row.End.PromptTokens),
        new("cached_tokens", DbType.Int32, row => row.End.CachedTokens),
        new("completion_tokens", DbType.Int32, row => row.End.CompletionTokens),
        new("ttft", DbType.Double, row => row.End.TimeToFirstToken),
        new("tpot", DbType.Double, row => row.End.TimePerOutputToken),
        new("jct", DbType.Double, row => row.End.JobCompletionTime),
        new("finish", DbType.String, row => row.End.Finish.ToString()),
        new("fault", DbType.String, row => row.End.Fault),
    ];
}
