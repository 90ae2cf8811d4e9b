<?php

declare(strict_types=1);

namespace Notes;

use Highper\Attribute\Controller;
use Highper\Attribute\Get;
use Highper\Attribute\Template;
use Highper\Filter\ContentSecurityPolicy;
use Highper\Http\NotFound;
use Highper\Http\Response;
use Highper\Session;
use Highper\Task\Tasks;

/** Pages made on the server: one note, to read, share and print, without any script. */
#[Controller('/notes'), ContentSecurityPolicy(['default-src' => "'none'", 'style-src' => "'self'", 'img-src' => "'self'"])]
final readonly class PageController
{
    /** Titles that a page lists of those that the same reader has opened before. */
    private const READ_BEFORE = 5;

    public function __construct(private Notes $notes, private Tasks $tasks)
    {
    }

    /** @return array{note: Note, read: list<array{id: int, title: string}>} */
    #[Get('/{id}', name: 'notes.page'), Template('note')]
    public function show(int $id, Session $session): array
    {
        $note = $this->notes->find($id);
        $read = array_filter($session->get('read', []), static fn (array $other): bool => $other['id'] !== $id);
        $session->set('read', [['id' => $id, 'title' => $note->title], ...array_slice($read, 0, self::READ_BEFORE)]);

        return ['note' => $note, 'read' => array_values($read)];
    }

    /** Computed in a task worker: this process goes on with other requests meanwhile. */
    #[Get('/{id}/picture.png', name: 'notes.picture')]
    public function picture(int $id): Response
    {
        $note = $this->notes->find($id);
        $png = $this->tasks->run(new Picture($note->title . "\0" . $note->body), timeout: 5.0);

        return new Response($png, 200, ['Content-Type' => 'image/png', 'Cache-Control' => 'private, max-age=86400']);
    }
}
