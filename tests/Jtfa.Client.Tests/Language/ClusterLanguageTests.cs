using Jtfa.Client.Tests.Stage;

namespace Jtfa.Client.Tests.Language;

/// <summary>Language models by their grains.</summary>
[Collection(LanguageStage.Name)]
public sealed class ClusterLanguageTests(LanguageStage stage) : LanguageTests(stage)
{
    protected override ILanguageClient Client { get; } = new ClusterJtfaClient(stage.Silo.Cluster);

    private protected override (ILanguageClient Client, int Retries) ClientOn(TimedClock clock) =>
        (new ClusterJtfaClient(Stage.Silo.Cluster, clock), 3);

    protected override async Task<JtfaUnavailableException> LoseSiloAsync()
    {
        using var workspace = new Workspace();
        await using var silo = await LanguageStage.StartAsync(workspace);
        var chat = new ClusterJtfaClient(silo.Cluster).GetChatClient(LanguageStage.Random);
        var options = Options();
        options.MaxOutputTokens = LanguageStage.Endless;
        return await Assert.ThrowsAsync<JtfaUnavailableException>(async () =>
        {
            var stopping = Task.CompletedTask;
            await foreach (var update in chat.GetStreamingResponseAsync(Messages, options, Cancel))
                if (update.Text.Length > 0 && stopping.IsCompletedSuccessfully) stopping = silo.DisposeAsync().AsTask();
            await stopping;
        });
    }
}
