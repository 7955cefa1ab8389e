namespace Jtfa.Language.Kernels.Registers;

/// <summary>Something that is on or off when code is compiled.</summary>
internal interface ISwitch
{
    /// <summary>Which of both.</summary>
    static abstract bool IsOn { get; }
}

/// <summary>On.</summary>
internal readonly struct On : ISwitch
{
    public static bool IsOn => true;
}

/// <summary>Off.</summary>
internal readonly struct Off : ISwitch
{
    public static bool IsOn => false;
}
