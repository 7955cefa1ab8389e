namespace Jtfa.Silo.Language;

/// <summary>The language models that can be asked for: implemented by the cluster, which knows the other silos.</summary>
public interface IModelDirectory
{
    /// <summary>The models of all silos, each once: this silo's first, in the order of configuration.</summary>
    IReadOnlyList<string> Names { get; }
}
