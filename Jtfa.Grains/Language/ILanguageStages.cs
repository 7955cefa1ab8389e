using Jtfa.Interfaces;

namespace Jtfa.Grains;

/// <summary>
/// The stages of language models that this silo has for starters elsewhere: implemented by the silo. Nothing of it takes the caller's time.
/// </summary>
public interface ILanguageStages
{
    /// <summary>Begins an epoch of a stage, or its loading.</summary>
    StageStatus Open(string stage, StageOpening opening, IRingObserver starter);

    /// <summary>Gives a stage a batch.</summary>
    void Take(string stage, byte[] batch);

    /// <summary>How a stage is doing; null: there is no such stage.</summary>
    StageStatus? StatusOf(string stage);

    /// <summary>Frees a stage's memory.</summary>
    void Close(string stage);
}
