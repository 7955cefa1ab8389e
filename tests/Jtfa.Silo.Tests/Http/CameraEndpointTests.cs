using System.Net;
using System.Net.Http.Json;
using Jtfa.Interfaces;
using Jtfa.Silo.Tests.Ingress;
using SkiaSharp;

namespace Jtfa.Silo.Tests.Http;

/// <summary>Cameras by HTTP: what they see, and their switch.</summary>
[Collection(WholeSilo.Name)]
public class CameraEndpointTests
{
    private static readonly string s_images = Path.Combine(AppContext.BaseDirectory, "models", "sample", "images-idx3-ubyte.gz");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_camera_shows_what_it_sees_only_where_it_is_configured_to()
    {
        await using var silo = await HttpSilo.StartAsync([.. Camera(0, "door"), .. Camera(1, "yard"), ("Jtfa:Cameras:0:Pictures", "true")]);

        var jpeg = await ApiTests.UntilAsync(
            () => silo.Client.GetAsync("/v1/scenes/yard/cameras/door/picture", Cancel), answer => answer.StatusCode == HttpStatusCode.OK);

        Assert.Equal("image/jpeg", jpeg.Content.Headers.ContentType!.MediaType);
        using var picture = SKBitmap.Decode(await jpeg.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal((28, 28), (picture.Width, picture.Height));
        Assert.True(picture.Pixels.Select(pixel => pixel.Red).Distinct().Count() > 20, "a photograph has many greys");
        Assert.Equal(
            HttpStatusCode.NoContent, (await silo.Client.GetAsync("/v1/scenes/yard/cameras/yard/picture", Cancel)).StatusCode);
        var cameras = await ApiTests.UntilAsync(
            () => silo.Client.GetFromJsonAsync<CameraHealth[]>("/v1/scenes/yard/cameras", JtfaJson.Options, Cancel),
            told => told!.Count(camera => camera.Declared is not null) == 2);
        Assert.Equal([("door", true), ("yard", false)], cameras!.Select(camera => (camera.Declared!, camera.GivesPictures)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_camera_is_switched_where_that_is_allowed_and_the_scene_knows()
    {
        await using var silo = await HttpSilo.StartAsync([.. Camera(0, "door"), ("Jtfa:Http:CameraSwitches", "true")]);

        Assert.False((await SwitchAsync(silo, "door", false)).Running);
        await HealthAsync(silo, camera => camera.SwitchedOff);
        Assert.True((await SwitchAsync(silo, "door", true)).Running);
        await HealthAsync(silo, camera => !camera.SwitchedOff);

        var events = (await silo.Client.GetFromJsonAsync<SceneSnapshot>("/v1/scenes/yard", JtfaJson.Options, Cancel))!.Events;
        Assert.Equal(
            ["door was switched off", "door was switched on"],
            events.Where(one => one.Kind is SceneEventKind.SwitchedOff or SceneEventKind.SwitchedOn).Select(one => one.Text));
        var unknown = await silo.Client.PutAsync("/v1/scenes/yard/cameras/nobody/running?running=true", null, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cameras_are_not_switched_by_http_unless_the_silo_allows_it()
    {
        await using var silo = await HttpSilo.StartAsync(Camera(0, "door"));

        var answer = await silo.Client.PutAsync("/v1/scenes/yard/cameras/door/running?running=false", null, Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("Jtfa:Http:CameraSwitches=true", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        var status = await silo.Client.GetFromJsonAsync<CameraStatus>("/v1/scenes/yard/cameras/door", JtfaJson.Options, Cancel);
        Assert.True(status!.Running);
    }

    [Fact(Timeout = 60_000)]
    public async Task How_a_decision_came_about_is_told_while_its_lane_remembers_it()
    {
        await using var silo = await HttpSilo.StartAsync();
        var sender = silo.Sender();
        for (var view = 0; view < 3; view++) sender.Send(8, view, label: 1, scene: HttpSilo.Scene);

        var answer = await ApiTests.UntilAsync(
            () => silo.Client.GetAsync("/v1/scenes/yard/decisions/8/detail", Cancel), told => told.StatusCode == HttpStatusCode.OK);

        var detail = await answer.Content.ReadFromJsonAsync<DecisionDetail>(JtfaJson.Options, Cancel);
        Assert.Equal([0, 1, 2], detail!.Tokens.Select(token => token.View));
        Assert.Equal(1, detail.Tokens.Sum(token => token.Weight), 1e-6);
        Assert.Equal(
            HttpStatusCode.NotFound, (await silo.Client.GetAsync("/v1/scenes/yard/decisions/9/detail", Cancel)).StatusCode);
    }

    private static (string Key, string Value)[] Camera(int index, string name) =>
    [
        ($"Jtfa:Cameras:{index}:Scene", HttpSilo.Scene), ($"Jtfa:Cameras:{index}:Camera", name),
        ($"Jtfa:Cameras:{index}:View", $"{index}"), ($"Jtfa:Cameras:{index}:RateHz", "20"),
        ($"Jtfa:Cameras:{index}:Source:Kind", "Idx"), ($"Jtfa:Cameras:{index}:Source:Path", s_images),
    ];

    private static async Task<CameraStatus> SwitchAsync(HttpSilo silo, string camera, bool running)
    {
        var answer = await silo.Client.PutAsync($"/v1/scenes/yard/cameras/{camera}/running?running={running}", null, Cancel);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<CameraStatus>(JtfaJson.Options, Cancel))!;
    }

    private static Task<CameraHealth[]?> HealthAsync(HttpSilo silo, Func<CameraHealth, bool> holds) => ApiTests.UntilAsync(
        () => silo.Client.GetFromJsonAsync<CameraHealth[]>("/v1/scenes/yard/cameras", JtfaJson.Options, Cancel),
        cameras => cameras!.Any(camera => camera.Declared == "door" && holds(camera)));
}
