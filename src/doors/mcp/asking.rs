//! Asking the person behind a client, as the protocol's revision has it: up to 2025-11-25 by a request of ours while the call
//! waits, from 2026-07-28 on by an answer that asks, whereupon the client calls once more and brings what the person said.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rmcp::model::{
    CallToolRequestParams, ClientResult, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationSchema, InputRequest, InputRequests, InputRequiredResult, ProtocolVersion, ServerRequest,
};
use rmcp::service::{Peer, RequestContext, RoleServer};
use tokio::sync::{mpsc, oneshot};

use crate::approvals::Question;
use crate::config::Questions as AskedWhom;
use crate::doors::question;
use crate::gateway::{Asking, Reply};
use crate::history::AskedBy;

/// What the question is called among the requests that an answer brings.
const APPROVAL: &str = "approval";

/// How the person behind a client is reached.
#[derive(Clone)]
enum Way {
    /// By a request of ours.
    Request(Peer<RoleServer>),
    /// By the answer to the call.
    Answer,
}

/// The questions that come up while a call is carried out.
pub(super) struct Questions {
    way: Option<Way>,
    coming: mpsc::Receiver<(Question, oneshot::Sender<Reply>)>,
    /// The one that the answer asks.
    asked: Option<Question>,
    pending: Pending,
}

/// Whether a person is being asked. Cheap to clone; the clones are the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending(Arc<AtomicBool>);

impl Pending {
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// For the gateway a way to ask, for the door the questions that come of it.
pub(super) fn of_call(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
    asked: AskedWhom,
) -> (Asking, Questions) {
    let by_answer = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
    let can_ask = context.client_capabilities().and_then(|client| client.elicitation).is_some_and(|elicitation| {
        // Without a mode the form is meant, as in the revisions that had no modes.
        elicitation.form.is_some() || elicitation.url.is_none()
    });
    // Neither asked nor heard: a client could answer what it was never asked.
    let can_ask = can_ask && asked == AskedWhom::Client;
    let way = can_ask.then(|| if by_answer { Way::Answer } else { Way::Request(context.peer.clone()) });
    let (send, coming) = mpsc::channel(1);
    let ask = way.is_some().then(|| -> crate::gateway::Ask {
        Box::new(|question| {
            Box::pin(async move {
                let (reply, answer) = oneshot::channel();
                let _ = send.send((question, reply)).await;
                answer.await.unwrap_or(Reply::Nothing)
            })
        })
    });
    let brought = brought(request).filter(|_| matches!(way, Some(Way::Answer)));
    (Asking { ask, brought, by: AskedBy::Client }, Questions { way, coming, asked: None, pending: Pending::default() })
}

/// What the client brings of an earlier question.
fn brought(request: &CallToolRequestParams) -> Option<(String, Reply)> {
    let (id, responses) = (request.request_state.clone()?, request.input_responses.as_ref()?);
    let said: ElicitResult = serde_json::from_value(responses.get(APPROVAL)?.clone()).ok()?;
    Some((id, reply(&said)))
}

fn reply(said: &ElicitResult) -> Reply {
    match said.action {
        ElicitationAction::Accept => Reply::Approved,
        ElicitationAction::Decline => Reply::Declined,
        // Whoever closes the question (`cancel`) has not answered it.
        _ => Reply::Nothing,
    }
}

impl Questions {
    /// Whether a person is being asked at the moment.
    pub fn pending(&self) -> Pending {
        self.pending.clone()
    }

    /// Asks what comes up. Doesn't end by itself.
    pub async fn answer_all(&mut self) -> Infallible {
        while let Some((question, reply)) = self.coming.recv().await {
            let answer = match &self.way {
                Some(Way::Request(peer)) => {
                    self.pending.0.store(true, Ordering::Relaxed);
                    let answer = ask(peer, &question).await;
                    self.pending.0.store(false, Ordering::Relaxed);
                    answer
                }
                Some(Way::Answer) => {
                    self.asked = Some(question);
                    Reply::Nothing
                }
                None => Reply::Nothing,
            };
            // Whoever asked may be gone.
            let _ = reply.send(answer);
        }
        std::future::pending().await
    }

    /// What the answer to the call asks, if it does.
    pub fn asked(self) -> Option<InputRequiredResult> {
        let question = self.asked?;
        let request = InputRequest::Elicitation(ElicitRequest::new(form(&question)));
        let requests = InputRequests::from([(APPROVAL.to_owned(), request)]);
        Some(InputRequiredResult::new(Some(requests), Some(question.id)))
    }
}

async fn ask(peer: &Peer<RoleServer>, question: &Question) -> Reply {
    let request = ServerRequest::ElicitRequest(ElicitRequest::new(form(question)));
    match peer.send_request(request).await {
        Ok(ClientResult::ElicitResult(said)) => reply(&said),
        Ok(_) => Reply::Nothing,
        Err(error) => {
            tracing::debug!(%error, "the client could not ask");
            Reply::Nothing
        }
    }
}

/// A question without fields: to accept it is to approve.
fn form(question: &Question) -> ElicitRequestParams {
    ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: format!("{}\nAccept to let this be written.", question::text(question)),
        requested_schema: ElicitationSchema::new(Default::default()),
    }
}
