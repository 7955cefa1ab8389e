namespace Jtfa.Language.Caches;

/// <summary>How keys and values are kept.</summary>
public enum CacheFormat
{
    /// <summary>Single precision.</summary>
    F32,

    /// <summary>Half precision.</summary>
    F16,

    /// <summary>A signed byte a number, with a scale in single precision for each head of each text token.</summary>
    Q8,
}
