using Orleans.Runtime;

namespace Orleans.Storage;

/// <summary>Where grains' persistent state is kept.</summary>
public interface IGrainStorage
{
    /// <summary>Reads a state; leaves it as it is when there is no record.</summary>
    Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

    /// <summary>Writes a state.</summary>
    /// <exception cref="InconsistentStateException">The record's version is not the state's.</exception>
    Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);

    /// <summary>Clears a state's record.</summary>
    /// <exception cref="InconsistentStateException">The record's version is not the state's.</exception>
    Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState);
}

/// <summary>A state and its version.</summary>
public interface IGrainState<T>
{
    /// <summary>The state.</summary>
    T State { get; set; }

    /// <summary>Its version in the storage; null when there is none.</summary>
    string? ETag { get; set; }

    /// <summary>Whether the storage holds a record.</summary>
    bool RecordExists { get; set; }
}

/// <summary>Someone else wrote a state since this activation read it.</summary>
public class InconsistentStateException(string message) : OrleansException(message)
{
    /// <summary>Whether the activation that it was thrown in has not yet been told; others that it passes through are not concerned.</summary>
    internal bool IsSourceActivation { get; set; } = true;
}
