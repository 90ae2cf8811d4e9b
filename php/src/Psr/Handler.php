<?php

declare(strict_types=1);

namespace Highper\Psr;

use Closure;
use Highper\Http\Request;
use Highper\Http\Response;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\ServerRequestInterface;
use Psr\Http\Server\RequestHandlerInterface;

/** The rest of a request's way, as a PSR-15 middleware calls it. */
final class Handler implements RequestHandlerInterface
{
    /** What the rest has answered at last. */
    public ?Response $native = null;
    /** The same as the middleware got it. */
    public ?ResponseInterface $answered = null;

    public function __construct(
        private readonly Messages $messages,
        private readonly Request $request,
        private readonly Closure $next,
    ) {
    }

    public function handle(ServerRequestInterface $request): ResponseInterface
    {
        $native = $this->request->withAttribute(ServerRequestInterface::class, $request);
        foreach ($request->getAttributes() as $name => $value) {
            $native = $native->withAttribute((string) $name, $value);
        }
        $this->native = ($this->next)($native);
        return $this->answered = $this->messages->response($this->native);
    }
}
