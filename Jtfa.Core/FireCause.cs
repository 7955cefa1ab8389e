namespace Jtfa.Core;

/// <summary>Why a window fired.</summary>
public enum FireCause : byte
{
    /// <summary>K distinct views were in.</summary>
    K,

    /// <summary>The timeout T passed with at least one view in.</summary>
    T,
}
