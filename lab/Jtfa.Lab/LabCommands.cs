using System.CommandLine;
using Jtfa.Lab.Commands;

namespace Jtfa.Lab;

/// <summary>What this repository's <c>./jtfa</c> has beside the product's commands.</summary>
internal static class LabCommands
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Command> All() =>
    [
        BenchCommand.Create(),
        RecordCommand.Create(),
        ReplayTraceCommand.Create(),
        RelayCommand.Create(),
        ExperimentCommand.Create(),
        VectorCameraCommand.Create(),
        .. ScriptCommands.Create(),
    ];
}
