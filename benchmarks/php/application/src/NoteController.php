<?php

namespace Bench;

use Highper\Attribute\Controller;
use Highper\Attribute\Get;
use Highper\Attribute\Middleware;

/** A routed controller with a typed parameter, behind one middleware. */
#[Controller('/notes'), Middleware(ServerTiming::class)]
final class NoteController
{
    #[Get('/pid')]
    public function pid(): array
    {
        return ['pid' => getmypid()];
    }

    #[Get('/{id}')]
    public function show(int $id): array
    {
        return ['id' => $id, 'title' => 'A note', 'done' => false];
    }
}
