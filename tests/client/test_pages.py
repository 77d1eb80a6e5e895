"""What the pages show, the SDK reads too."""

from perenne.client import Client
from perenne.testing.hubs import HubInProcess
from perenne.testing.plenty import Amount, fill_hub


def test_a_program_reads_what_the_pages_show(hub: HubInProcess, client: Client) -> None:
    few = Amount(sites=3, versions=2, images=200, truths=200, whole=0, pictures=6, measured=1, people=False)
    fill_hub(hub.hub, organisation_id=hub.organisations["acme"], amount=few)
    overview = client.sites.overview()
    assert {item.site.slug for item in overview} == {"lyon", "nantes", "grenoble"}
    slug = "lyon"
    assert [point.model.number for point in client.sites.history(slug)] == [1, 2]
    live = client.sites.live(slug, "camera-1")
    assert live.last is not None
    (said,) = client.images.predictions(live.last.image.id)
    assert said.model == live.last.model
    assert client.images.lineage(said.image_id).image_id == said.image_id
    newest = next(client.evaluations.list())
    curves = client.evaluations.curves(newest.id, site=slug)
    assert curves.precision_recall[0].points
    assert 0 < curves.n_images < client.evaluations.curves(newest.id).n_images
