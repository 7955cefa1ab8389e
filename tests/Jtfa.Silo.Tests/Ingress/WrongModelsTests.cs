using System.Text;
using Jtfa.Core;
using Jtfa.Silo.Ingress;

namespace Jtfa.Silo.Tests.Ingress;

/// <summary>Which views' tokens are of another model than the scene's head.</summary>
public class WrongModelsTests
{
    private const double Now = 1_800_000_000;
    private const string Own = "fashion@91bc0d4ffe12";
    private const string Other = "fashion@000000000000";

    private readonly WrongModels _models = new(Own);

    [Fact]
    public void A_view_is_refused_from_a_token_of_another_model_to_one_of_the_right_one()
    {
        Assert.False(Has(0, ""));
        Assert.False(Has(0, Own));
        Assert.True(Has(0, Other));
        Assert.True(Has(0, ""));
        Assert.False(Has(1, "")); // another view
        Assert.Equal(Other, Encoding.UTF8.GetString(Assert.IsType<byte[]>(_models.Of(0, Now))));
        Assert.False(Has(0, "91bc0d4ffe12")); // the right one, without a name
        Assert.False(Has(0, ""));
        Assert.Null(_models.Of(0, Now));
    }

    [Fact]
    public void A_view_that_says_no_model_any_more_is_taken_after_a_while()
    {
        Assert.True(Has(0, Other));
        Assert.True(Has(0, "", after: WrongModels.Memory));
        Assert.False(Has(0, "", after: WrongModels.Memory + 0.01));
        Assert.True(Has(0, Other));
        Assert.False(Has(0, "", after: -3600)); // the clock was set back
    }

    [Fact]
    public void What_a_model_is_called_makes_no_difference_and_any_text_is_a_wrong_one()
    {
        Assert.False(Has(0, "shop@91bc0d4ffe12"));
        foreach (var text in new[] { "@", "91bc0d4ffe12@", "91BC0D4FFE12", "\u001b[2J", "é" }) Assert.True(Has(0, text), text);
    }

    [Fact]
    public void Where_the_scenes_model_is_not_known_every_model_is_taken()
    {
        var none = new WrongModels("");
        Assert.False(none.Has(Token(0, Other), Now));
        Assert.False(none.Has(Token(0, ""), Now));
    }

    private bool Has(int view, string model, double after = 0) => _models.Has(Token(view, model), Now + after);

    private static TokenPacket Token(int view, string model) => new() { View = view, Model = Encoding.UTF8.GetBytes(model) };
}
