<?php

declare(strict_types=1);

namespace App;

use Highper\Attribute\{Body, Controller, Get, Middleware, Post, Query, Status};
use Highper\Http\NotFound;
use Highper\Task\Tasks;
use Psr\Log\LoggerInterface;
use function Highper\{async, scope};

#[Controller('/notes'), Middleware(Auth::class)]
final readonly class NoteController
{
    public function __construct(private Notes $notes, private Tasks $tasks, private LoggerInterface $log)
    {
    }

    #[Get]
    public function index(#[Query] int $page = 1): array
    {
        return $this->notes->page($page);
    }

    #[Get('/{id}')]
    public function show(int $id): Note
    {
        return $this->notes->find($id) ?? throw new NotFound("note {$id}");
    }

    #[Post, Status(201)]
    public function create(#[Body] CreateNote $in, CurrentUser $user): Note
    {
        $note = $this->notes->add($in, $user->id);
        $this->tasks->dispatch(new Thumbnail($note->id));
        $this->log->info('a note is written', ['id' => $note->id]);

        return $note;
    }

    #[Get('/{id}/home')]
    public function home(int $id, Weather $weather): array
    {
        return scope(fn () => ['note' => async(fn () => $this->notes->find($id)), 'sky' => async($weather->today(...))], timeout: 0.2);
    }
}
