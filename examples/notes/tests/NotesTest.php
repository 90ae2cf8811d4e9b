<?php

declare(strict_types=1);

namespace Notes\Tests;

use Highper\Testing\WithApplication;
use Notes\Notes;
use PHPUnit\Framework\TestCase;

final class NotesTest extends TestCase
{
    use WithApplication;

    private string $file;

    protected function setUp(): void
    {
        $this->file = (string) tempnam(sys_get_temp_dir(), 'notes');
        putenv("DATABASE_URL=sqlite:{$this->file}");
        $this->app = $this->createApplication();
    }

    protected function tearDown(): void
    {
        foreach (glob("{$this->file}*") ?: [] as $file) {
            unlink($file);
        }
        putenv('DATABASE_URL');
    }

    public function testANoteIsWrittenFoundChangedAndDeleted(): void
    {
        $this->getJson('/api/notes')->assertOk()->assertJsonPath('total', 0);
        $this->postJson('/api/notes', ['title' => 'Milk', 'body' => 'two litres'])->assertCreated()->assertHeader('Location', '/api/notes/1');
        $this->getJson('/api/notes?q=LITRES')->assertJsonCount(1, 'items')->assertJsonPath('items.0.title', 'Milk');
        $this->putJson('/api/notes/1', ['title' => 'Oat milk', 'body' => ''])->assertOk()->assertJsonPath('title', 'Oat milk');
        $this->deleteJson('/api/notes/1')->assertNoContent();
        $this->getJson('/api/notes/1')->assertNotFound();
    }

    public function testATitleIsRequired(): void
    {
        $this->postJson('/api/notes', ['title' => ' '])->assertInvalid('title');
    }

    public function testAnotherSiteChangesNothing(): void
    {
        $this->withHeader('Sec-Fetch-Site', 'cross-site')->postJson('/api/notes', ['title' => 'x'])->assertForbidden();
    }

    public function testAPageEscapesAndRemembersWhatWasRead(): void
    {
        $this->postJson('/api/notes', ['title' => 'A <b>', 'body' => "one\ntwo"]);
        $this->postJson('/api/notes', ['title' => 'Second', 'body' => '']);
        $this->get('/notes/1')->assertOk()->assertSee('<h1>A &lt;b&gt;</h1>')->assertSee("one<br>\ntwo")->assertDontSee('Read before')
            ->assertHeader('Content-Security-Policy');
        $this->get('/notes/2')->assertSee('Read before')->assertSee('<a href="/notes/1">A &lt;b&gt;</a>');
    }

    public function testAPicture(): void
    {
        $this->postJson('/api/notes', ['title' => 'Milk', 'body' => '']);
        $picture = $this->get('/notes/1/picture.png')->assertOk()->assertHeader('Content-Type', 'image/png')->body();
        self::assertSame([64, 64], array_slice((array) getimagesizefromstring($picture), 0, 2));
    }

    public function testOldNotesArePurged(): void
    {
        $this->postJson('/api/notes', ['title' => 'Milk', 'body' => '']);
        $notes = $this->app->make(Notes::class);
        self::assertSame(0, $notes->purge(30));
        self::assertSame(1, $notes->purge(-1));
        $this->getJson('/api/notes')->assertJsonPath('total', 0);
    }
}
