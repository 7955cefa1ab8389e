namespace Jtfa.Language.Rings;

/// <summary>How hidden states go from stage to stage.</summary>
public enum StateFormat
{
    /// <summary>Single precision: texts are those of the whole model on one silo, to the last bit.</summary>
    F32,

    /// <summary>Half precision.</summary>
    F16,

    /// <summary>A signed byte a number, with a scale in single precision for each 32.</summary>
    Q8,
}
