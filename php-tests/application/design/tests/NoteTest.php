<?php

declare(strict_types=1);

use App\CurrentUser;
use App\Note;
use App\Notes;

final readonly class FakeNotes extends Notes
{
    public function __construct()
    {
    }

    public function find(int $id): ?Note
    {
        return $id === 1 ? new Note(1, 'fake', 1) : null;
    }
}

final class NoteTest extends \PHPUnit\Framework\TestCase
{
    use \Highper\Testing\WithApplication;

    public function testTitleIsRequired(): void
    {
        $this->app->instance(Notes::class, new FakeNotes);
        $this->actingAs(new CurrentUser(1))->postJson('/notes', ['title' => ''])
            ->assertStatus(422)->assertJsonPath('errors.title.0', 'must have 1 to 200 characters');
    }

    public function testAFake(): void
    {
        $this->app->instance(Notes::class, new FakeNotes);
        $this->actingAs(new CurrentUser(1))->getJson('/notes/1')->assertOk()->assertJsonPath('title', 'fake')->assertHeader('X-Psr', '15');
        $this->getJson('/notes/2')->assertNotFound();
    }
}
