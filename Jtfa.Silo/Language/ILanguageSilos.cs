namespace Jtfa.Silo.Language;

/// <summary>The silos that may have parts of a language model.</summary>
internal interface ILanguageSilos
{
    /// <summary>This silo's name.</summary>
    string Own { get; }

    /// <summary>The names of all that are up, this one's among them.</summary>
    IReadOnlyList<string> Names { get; }
}
