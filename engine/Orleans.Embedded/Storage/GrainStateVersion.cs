using System.Globalization;
using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>Versions of stored states: 1, 2, …; 0 is "no record".</summary>
internal static class GrainStateVersion
{
    public static long Of<T>(IGrainState<T> state) => state.ETag is null ? 0 : long.Parse(state.ETag, CultureInfo.InvariantCulture);

    public static string Tag(long version) => version.ToString(CultureInfo.InvariantCulture);

    public static InconsistentStateException Conflict(string stateName, GrainId grainId) =>
        new($"State '{stateName}' of {grainId} was written by someone else since it was read.");
}
