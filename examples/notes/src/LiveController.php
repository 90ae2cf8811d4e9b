<?php

declare(strict_types=1);

namespace Notes;

use Generator;
use Highper\Attribute\Controller;
use Highper\Attribute\Get;
use Highper\Http\Event;
use Highper\Http\Response;

/** Tells pages that notes have changed, whoever did it and in whatever worker. */
#[Controller('/live')]
final readonly class LiveController
{
    public function __construct(private Notes $notes)
    {
    }

    #[Get]
    public function changes(): Response
    {
        return Response::events(function (?string $last): Generator {
            $last ??= $this->notes->version();
            while (true) {
                $version = $this->notes->version();
                if ($version !== $last) {
                    yield new Event(['version' => $version], type: 'changed', id: $last = $version);
                }
                sleep(1);
            }
        });
    }
}
